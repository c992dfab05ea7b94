/** The AWS SDK and its client. Both are loaded with the first use: a server that needs neither starts fast and stays small. */

import type { S3Client } from '@aws-sdk/client-s3'
import type { ObjectStoreSettings } from '../../config/config.ts'
import { digestOf } from './s3-payload.ts'

export type EndpointSettings = Extract<ObjectStoreSettings, { kind: 'endpoint' }>

export interface S3Connection {
  readonly sdk: typeof import('@aws-sdk/client-s3')
  readonly client: S3Client
}

const SOCKETS_MAX = 256
/** Idle connections are closed before a firewall forgets them, which would be noticed only by the next request. */
const IDLE_MS = 15_000
/** Without it, the SDK warns on the console of what the delivery loop reports anyway. */
const QUIET = { debug() {}, info() {}, warn() {}, error() {} }

export async function connect(settings: EndpointSettings): Promise<S3Connection> {
  const sdk = await import('@aws-sdk/client-s3')
  const agent = { keepAlive: true, maxSockets: SOCKETS_MAX, timeout: IDLE_MS }
  const client = new sdk.S3Client({
    region: settings.region,
    forcePathStyle: settings.forcePathStyle,
    // The delivery loop owns retries.
    maxAttempts: 1,
    logger: QUIET,
    requestChecksumCalculation: settings.requestChecksums,
    // The SDK's `Expect: 100-continue` takes a new connection for each large body.
    expectContinueHeader: false,
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
    ...(settings.credentials === undefined ? {} : { credentials: settings.credentials }),
    requestHandler: {
      connectionTimeout: settings.connectTimeoutMs,
      // Silence of the connection, in either direction: a large body over a slow line is no failure.
      socketTimeout: settings.requestTimeoutMs,
      httpAgent: agent,
      httpsAgent: agent,
      logger: QUIET,
    },
  })
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { readonly body?: unknown; readonly headers: Record<string, string> }
      const sha256 = digestOf(request.body)
      // The signer takes the digest of a body from here, where it finds one.
      if (sha256 !== undefined) request.headers['x-amz-content-sha256'] = sha256
      return next(args)
    },
    { step: 'build', name: 'payloadDigest' },
  )
  return { sdk, client }
}
