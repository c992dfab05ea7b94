/** Settings of delivery streams for tests: small buffers, and only what a test is about. */

import type { DeliverySettings, S3Settings } from '../../src/streams/delivery-stream.ts'

/** 1000 bytes or 60 seconds, uncompressed. */
export function s3Settings(overrides: Partial<S3Settings> = {}): S3Settings {
  return {
    bucket: 'bucket',
    prefix: '',
    errorOutputPrefix: '',
    buffering: { sizeBytes: 1000, intervalMs: 60_000 },
    compression: 'UNCOMPRESSED',
    fileExtension: '',
    timeZone: 'UTC',
    ...overrides,
  }
}

export function streamSettings(
  primary: Partial<S3Settings> = {},
  backup?: Partial<S3Settings>,
  name = 'stream',
): DeliverySettings {
  return {
    streamName: name,
    streamArn: `arn:aws:firehose:us-east-1:000000000000:deliverystream/${name}`,
    versionId: 1,
    primary: s3Settings(primary),
    ...(backup === undefined ? {} : { backup: s3Settings({ bucket: 'backup', ...backup }) }),
  }
}
