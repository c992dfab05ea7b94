/** An S3 server of somebody else's, on loopback: versitygw over a folder of its own. */

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { installVersitygw } from '../../scripts/services/versitygw.mjs'
import type { ObjectStoreSettings } from '../../src/config/config.ts'
import { answersHttp, freePort, startServiceProcess } from './service-process.ts'

const CREDENTIALS = { accessKeyId: 'versity', secretAccessKey: 'versity-secret' }
const REGION = 'us-east-1'

export type EndpointSettings = Extract<ObjectStoreSettings, { kind: 'endpoint' }>

export interface S3Server {
  readonly url: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Objects lie here as plain files: `<directory>/<bucket>/<key>`. */
  readonly directory: string
  /** For tests' own requests. */
  readonly client: S3Client
  /** Makes a bucket that no other test uses; returns its name. */
  newBucket(): Promise<string>
  /** Settings of an object store on this server; with another endpoint, through a proxy in front of it. */
  settings(overrides?: Partial<EndpointSettings>): EndpointSettings
  stop(): Promise<void>
}

/** For `requireService`. */
export async function startVersitygw(): Promise<S3Server> {
  const program = await installVersitygw()
  const folder = await mkdtemp(join(tmpdir(), 'hydrant-s3-'))
  const directory = join(folder, 'buckets')
  const accounts = join(folder, 'accounts')
  await mkdir(directory)
  // Without accounts, an unknown access key gets 404 instead of 403.
  await mkdir(accounts)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const server = await startServiceProcess({
    command: program,
    args: ['--quiet', '--port', `127.0.0.1:${port}`, '--iam-dir', accounts, 'posix', directory],
    env: { ROOT_ACCESS_KEY: CREDENTIALS.accessKeyId, ROOT_SECRET_KEY: CREDENTIALS.secretAccessKey },
    isReady: () => answersHttp(url),
  })
  const client = new S3Client({
    endpoint: url,
    region: REGION,
    credentials: CREDENTIALS,
    forcePathStyle: true,
  })
  let buckets = 0
  return {
    url,
    region: REGION,
    credentials: CREDENTIALS,
    directory,
    client,
    newBucket: async () => {
      const Bucket = `bucket-${++buckets}`
      await client.send(new CreateBucketCommand({ Bucket }))
      return Bucket
    },
    settings: (overrides = {}) => ({
      kind: 'endpoint',
      endpoint: url,
      region: REGION,
      credentials: CREDENTIALS,
      forcePathStyle: true,
      sendAcl: true,
      requestChecksums: 'WHEN_SUPPORTED',
      connectTimeoutMs: 2000,
      requestTimeoutMs: 5000,
      partBytes: 8 * 2 ** 20,
      ...overrides,
    }),
    stop: async () => {
      client.destroy()
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
