/** What acceptance tests share: clients of a server at a URL, and a look at what it delivered. */

import { setTimeout as wait } from 'node:timers/promises'
import {
  CreateDeliveryStreamCommand,
  type ExtendedS3DestinationConfiguration,
  FirehoseClient,
  type FirehoseClientConfig,
} from '@aws-sdk/client-firehose'
import { listObjects, readObject, type StoredObject } from '../support/objects.ts'

const PATIENCE_MS = 20_000
const LOOK_MS = 20

export const ROLE_ARN = 'arn:aws:iam::000000000000:role/hydrant'

/** A client that makes one try: what the server answers is what the test sees. */
export function newClient(url: string, config: FirehoseClientConfig = {}): FirehoseClient {
  return new FirehoseClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
    ...config,
  })
}

/** An S3 destination without buffering. */
export function destination(
  bucket: string,
  change: Partial<ExtendedS3DestinationConfiguration> = {},
): ExtendedS3DestinationConfiguration {
  return {
    RoleARN: ROLE_ARN,
    BucketARN: `arn:aws:s3:::${bucket}`,
    BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 },
    ...change,
  }
}

export async function createStream(
  client: FirehoseClient,
  name: string,
  change: Partial<ExtendedS3DestinationConfiguration> = {},
): Promise<void> {
  await client.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: name,
      ExtendedS3DestinationConfiguration: destination(name, change),
    }),
  )
}

/** Resolves when `look` finds something. */
export async function eventually<T>(
  look: () => T | undefined | Promise<T | undefined>,
  what: string,
): Promise<T> {
  for (
    const deadlineMs = performance.now() + PATIENCE_MS;
    performance.now() < deadlineMs;
    await wait(LOOK_MS)
  ) {
    const found = await look()
    if (found !== undefined) return found
  }
  throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`)
}

/** Waits for objects that hold so many bytes of records together, and returns them. */
export function deliveredObjects(
  bucketsPath: string,
  bucket: string,
  bytes: number,
): Promise<readonly StoredObject[]> {
  return eventually(() => {
    const objects = listObjects(bucketsPath, bucket)
    const found = objects.reduce((sum, object) => sum + readObject(object).length, 0)
    return found >= bytes ? objects : undefined
  }, `${bytes} bytes in bucket ${bucket}`)
}

/** All records of a bucket, in the order of the objects' keys. */
export async function deliveredBytes(bucketsPath: string, bucket: string, bytes: number): Promise<Buffer> {
  return Buffer.concat((await deliveredObjects(bucketsPath, bucket, bytes)).map(readObject))
}

/** Sum of a metric over the series that hold all of these labels. */
export async function metric(
  url: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => wanted.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
