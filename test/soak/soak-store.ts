/** Where a soak delivers to: the server's own directory, or a real S3 server whose files can be read. */

import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { type S3Server, startVersitygw } from '../support/versitygw.ts'
import { soakBuckets } from './soak-streams.ts'

export interface SoakStore {
  /** `HYDRANT_*` settings without the prefix. */
  readonly settings: Readonly<Record<string, string>>
  /** Undefined: where the server keeps buckets by default. */
  readonly bucketsPath?: string
  close(): Promise<void>
}

export async function openStore(name: string): Promise<SoakStore> {
  if (name === 'directory') return { settings: {}, close: async () => undefined }
  if (name !== 's3') throw new Error(`--store is directory or s3, not ${name}`)
  const server = await startVersitygw()
  return { ...(await storeOn(server)), close: () => server.stop() }
}

/** Buckets of a soak on a server that runs already. */
export async function storeOn(server: S3Server): Promise<Omit<SoakStore, 'close'>> {
  for (const Bucket of soakBuckets()) await server.client.send(new CreateBucketCommand({ Bucket }))
  return {
    settings: {
      S3_ENDPOINT: server.url,
      S3_REGION: server.region,
      S3_ACCESS_KEY_ID: server.credentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
    },
    bucketsPath: server.directory,
  }
}
