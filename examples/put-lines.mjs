/** Puts the lines of standard input: `node put-lines.mjs <delivery stream>`. */

import { createInterface } from 'node:readline/promises'
import { setTimeout as wait } from 'node:timers/promises'
import {
  CreateDeliveryStreamCommand,
  FirehoseClient,
  PutRecordBatchCommand,
  ResourceInUseException,
} from '@aws-sdk/client-firehose'

const BATCH_RECORDS_MAX = 500
const BATCH_BYTES_MAX = 4 * 1024 * 1024
const AGAIN_MS = 200

const DeliveryStreamName = process.argv[2] ?? 'example'
// Endpoint, region and credentials come from the environment.
const firehose = new FirehoseClient({})

async function createStream() {
  const command = new CreateDeliveryStreamCommand({
    DeliveryStreamName,
    ExtendedS3DestinationConfiguration: {
      RoleARN: 'arn:aws:iam::000000000000:role/hydrant',
      BucketARN: `arn:aws:s3:::${DeliveryStreamName}`,
      BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 1 },
      CompressionFormat: 'GZIP',
    },
  })
  try {
    await firehose.send(command)
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error
  }
}

/** The SDK repeats a call that failed; records that were refused one by one are ours to send again. */
async function putAll(records) {
  let rest = records
  while (rest.length > 0) {
    const { RequestResponses } = await firehose.send(
      new PutRecordBatchCommand({ DeliveryStreamName, Records: rest.map((Data) => ({ Data })) }),
    )
    rest = rest.filter((_, index) => RequestResponses[index].ErrorCode !== undefined)
    if (rest.length > 0) await wait(AGAIN_MS)
  }
}

await createStream()
let batch = []
let bytes = 0
let lines = 0
for await (const line of createInterface({ input: process.stdin })) {
  // Nothing is put between records: the newline is part of each.
  const record = Buffer.from(`${line}\n`)
  if (batch.length === BATCH_RECORDS_MAX || bytes + record.length > BATCH_BYTES_MAX) {
    await putAll(batch)
    batch = []
    bytes = 0
  }
  batch.push(record)
  bytes += record.length
  lines++
}
await putAll(batch)
firehose.destroy()
console.log(`${lines} lines put on ${DeliveryStreamName}`)
