/** The bounds of a put, to the byte; and AWS's quotas where they are emulated. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  type FirehoseClient,
  InvalidArgumentException,
  ListDeliveryStreamsCommand,
  PutRecordBatchCommand,
  PutRecordCommand,
  ServiceUnavailableException,
} from '@aws-sdk/client-firehose'
import { HydrantProcess } from '../support/hydrant-process.ts'
import { createStream, deliveredObjects, metric, newClient } from './clients.ts'

const RECORD_BYTES_MAX = 1_024_000
const CALL_BYTES_MAX = 4 * 2 ** 20
const RECORDS_MAX = 500

describe('limits of a put', () => {
  let server: HydrantProcess
  let client: FirehoseClient
  const DeliveryStreamName = 'limits'
  const putOne = (bytes: number) =>
    client.send(new PutRecordCommand({ DeliveryStreamName, Record: { Data: Buffer.alloc(bytes, 'x') } }))
  const putBatch = (sizes: readonly number[]) =>
    client.send(
      new PutRecordBatchCommand({
        DeliveryStreamName,
        Records: sizes.map((bytes) => ({ Data: Buffer.alloc(bytes, 'x') })),
      }),
    )

  before(async () => {
    server = await HydrantProcess.start()
    client = newClient(server.url)
    await createStream(client, DeliveryStreamName)
  })

  after(async () => {
    client?.destroy()
    await server?.remove()
  })

  it('takes a record of 1,024,000 bytes, and not one more', async () => {
    await putOne(RECORD_BYTES_MAX)
    await deliveredObjects(server.bucketsPath, DeliveryStreamName, RECORD_BYTES_MAX)
    await assert.rejects(putOne(RECORD_BYTES_MAX + 1), {
      name: 'ValidationException',
      message:
        "1 validation error detected: Value at 'record.data' failed to satisfy constraint: Member must have length less than or equal to 1024000",
    })
  })

  it('refuses a whole batch for one record that is too large, and says which', async () => {
    await assert.rejects(putBatch([1, RECORD_BYTES_MAX + 1, 1]), {
      name: 'ValidationException',
      message: /'records\.2\.member\.data'/,
    })
  })

  it('takes 500 records, and not one more, and not none', async () => {
    const { RequestResponses } = await putBatch(Array.from({ length: RECORDS_MAX }, () => 1))
    assert.equal(RequestResponses?.length, RECORDS_MAX)
    await assert.rejects(putBatch(Array.from({ length: RECORDS_MAX + 1 }, () => 1)), {
      name: 'ValidationException',
      message: /'records' failed to satisfy constraint: Member must have length less than or equal to 500/,
    })
    await assert.rejects(putBatch([]), { name: 'ValidationException' })
  })

  it('takes 4 MiB in a call, and not one byte more', async () => {
    const sizes = [RECORD_BYTES_MAX, RECORD_BYTES_MAX, RECORD_BYTES_MAX, RECORD_BYTES_MAX]
    const rest = CALL_BYTES_MAX - 4 * RECORD_BYTES_MAX
    await putBatch([...sizes, rest])
    await assert.rejects(putBatch([...sizes, rest + 1]), InvalidArgumentException)
  })

  it('takes records without a byte', async () => {
    const { FailedPutCount } = await putBatch([0, 0])
    assert.equal(FailedPutCount, 0)
  })
})

describe('emulated quotas', () => {
  let server: HydrantProcess
  let client: FirehoseClient

  before(async () => {
    server = await HydrantProcess.start({
      settings: {
        QUOTAS_RECORDS_PER_SECOND: '100',
        QUOTAS_CONTROL_REQUESTS_PER_SECOND: '5',
        QUOTAS_DELIVERY_STREAMS: '2',
      },
    })
    client = newClient(server.url)
    await createStream(client, 'throttled')
    await createStream(client, 'other')
  })

  after(async () => {
    client?.destroy()
    await server?.remove()
  })

  it('refuse a part of a batch, record by record, with status 200', async () => {
    const Records = Array.from({ length: 500 }, () => ({ Data: Buffer.from('x') }))
    const { FailedPutCount, RequestResponses } = await client.send(
      new PutRecordBatchCommand({ DeliveryStreamName: 'throttled', Records }),
    )
    const refused = RequestResponses!.filter(({ ErrorCode }) => ErrorCode !== undefined)
    assert.equal(RequestResponses!.length, 500)
    assert.equal(refused.length, FailedPutCount)
    assert(refused.length >= 300 && refused.length < 500, `${refused.length} refused`)
    assert.deepEqual(refused[0], { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' })
    assert.equal(
      await metric(server.url, 'firehose_throttled_records_total', { delivery_stream: 'throttled' }),
      FailedPutCount,
    )
  })

  it('refuse a single put as a whole', async () => {
    const put = () =>
      client.send(new PutRecordCommand({ DeliveryStreamName: 'other', Record: { Data: Buffer.from('x') } }))
    await assert.rejects(async () => {
      for (let i = 0; i < 1000; i++) await put()
    }, ServiceUnavailableException)
  })

  it('hold calls of a control operation to their rate', async () => {
    const calls = Array.from({ length: 20 }, () => client.send(new ListDeliveryStreamsCommand({})))
    const outcomes = await Promise.allSettled(calls)
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    assert(refused.length > 0)
    for (const outcome of refused) {
      assert.equal((outcome as PromiseRejectedResult).reason.name, 'ThrottlingException')
    }
  })

  it('hold the number of delivery streams', async () => {
    await assert.rejects(createStream(client, 'third'), { name: 'LimitExceededException' })
  })
})
