/** Delivery to a real S3 server. */

import assert from 'node:assert/strict'
import { after, describe, it, type TestContext } from 'node:test'
import { type FirehoseClient, PutRecordBatchCommand, PutRecordCommand } from '@aws-sdk/client-firehose'
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3'
import { HydrantProcess } from '../support/hydrant-process.ts'
import { requireService } from '../support/services.ts'
import { type S3Server, startVersitygw } from '../support/versitygw.ts'
import { createStream, deliveredBytes, deliveredObjects, eventually, newClient } from './clients.ts'

interface Setup {
  readonly s3: S3Server
  readonly server: HydrantProcess
  readonly client: FirehoseClient
}

let setUp: Promise<Setup> | undefined

after(async () => {
  const { client, server } = (await setUp) ?? {}
  client?.destroy()
  await server?.remove()
})

/** Undefined when there is no S3 server; then the test is skipped. */
async function setup(t: TestContext): Promise<Setup | undefined> {
  const s3 = await requireService(t, 'versitygw', startVersitygw)
  if (s3 === undefined) return undefined
  setUp ??= HydrantProcess.start({
    settings: {
      S3_ENDPOINT: s3.url,
      S3_REGION: s3.region,
      S3_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
      S3_PART_SIZE: '5MiB',
    },
  }).then((server) => ({ s3, server, client: newClient(server.url) }))
  return setUp
}

describe('an S3 server', () => {
  it('gets objects with their type and encoding', async (t) => {
    const { s3, client } = (await setup(t)) ?? {}
    if (s3 === undefined || client === undefined) return
    await s3.client.send(new CreateBucketCommand({ Bucket: 'typed' }))
    await createStream(client, 'typed', { CompressionFormat: 'GZIP', Prefix: 'in/' })
    await client.send(
      new PutRecordCommand({ DeliveryStreamName: 'typed', Record: { Data: Buffer.from('hello') } }),
    )
    assert.equal((await deliveredBytes(s3.directory, 'typed', 5)).toString(), 'hello')
    const { Contents } = await s3.client.send(new ListObjectsV2Command({ Bucket: 'typed', Prefix: 'in/' }))
    const Key = Contents![0]!.Key!
    const head = await s3.client.send(new HeadObjectCommand({ Bucket: 'typed', Key }))
    assert.equal(head.ContentType, 'application/octet-stream')
    assert.equal(head.ContentEncoding, 'gzip')
    const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: 'typed', Key }))
    assert.equal((await Body!.transformToByteArray()).length, head.ContentLength)
  })

  it('gets large objects by parts', async (t) => {
    const { s3, client } = (await setup(t)) ?? {}
    if (s3 === undefined || client === undefined) return
    await s3.client.send(new CreateBucketCommand({ Bucket: 'large' }))
    await createStream(client, 'large', { BufferingHints: { SizeInMBs: 16, IntervalInSeconds: 2 } })
    const records = Array.from({ length: 24 }, (_, i) => Buffer.alloc(1_000_000, `record ${i} `))
    for (let i = 0; i < records.length; i += 4) {
      await client.send(
        new PutRecordBatchCommand({
          DeliveryStreamName: 'large',
          Records: records.slice(i, i + 4).map((Data) => ({ Data })),
        }),
      )
    }
    const objects = await deliveredObjects(s3.directory, 'large', 24_000_000)
    assert(objects.length < 5)
    const delivered = await deliveredBytes(s3.directory, 'large', 24_000_000)
    assert.equal(delivered.length, 24_000_000)
    const found = records.map((_, i) => delivered.subarray(i * 1_000_000, (i + 1) * 1_000_000))
    assert.deepEqual(found.toSorted(Buffer.compare), records.toSorted(Buffer.compare))
  })

  it('gets records once its bucket exists: a missing one is tried again, never made', async (t) => {
    const { s3, server, client } = (await setup(t)) ?? {}
    if (s3 === undefined || client === undefined || server === undefined) return
    await createStream(client, 'late-bucket')
    await client.send(
      new PutRecordCommand({ DeliveryStreamName: 'late-bucket', Record: { Data: Buffer.from('x') } }),
    )
    await eventually(
      () =>
        server.log.find(
          ({ errorCode, destination }) =>
            errorCode === 'S3.NoSuchBucket' && destination === 'arn:aws:s3:::late-bucket',
        ),
      'the error record',
    )
    await s3.client.send(new CreateBucketCommand({ Bucket: 'late-bucket' }))
    await deliveredObjects(s3.directory, 'late-bucket', 1)
  })
})
