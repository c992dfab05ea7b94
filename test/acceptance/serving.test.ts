/** The server as a service: health, metrics that agree with what was sent, and a stop that answers. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  DeleteDeliveryStreamCommand,
  type FirehoseClient,
  PutRecordBatchCommand,
  PutRecordCommand,
} from '@aws-sdk/client-firehose'
import { HydrantProcess } from '../support/hydrant-process.ts'
import { createStream, deliveredBytes, deliveredObjects, eventually, metric, newClient } from './clients.ts'

describe('a server that runs', () => {
  let server: HydrantProcess
  let client: FirehoseClient

  before(async () => {
    server = await HydrantProcess.start({ settings: { LOG_LEVEL: 'debug', S3_CREATE_BUCKETS: 'false' } })
    client = newClient(server.url)
  })

  after(async () => {
    client?.destroy()
    await server?.remove()
  })

  const makeBucket = (name: string) => mkdirSync(join(server.bucketsPath, name), { recursive: true })
  const counted = (name: string, stream: string) => metric(server.url, name, { delivery_stream: stream })

  it('is ready', async () => {
    const answer = await fetch(`${server.url}/health`)
    assert.equal(answer.status, 200)
    assert.deepEqual(await answer.json(), { status: 'ready', reasons: [] })
  })

  it('counts what was sent and what was delivered', async () => {
    makeBucket('counted')
    await createStream(client, 'counted', { CompressionFormat: 'GZIP' })
    const DeliveryStreamName = 'counted'
    const Data = Buffer.from('twelve bytes')
    for (let i = 0; i < 3; i++)
      await client.send(new PutRecordCommand({ DeliveryStreamName, Record: { Data } }))
    await client.send(
      new PutRecordBatchCommand({
        DeliveryStreamName,
        Records: Array.from({ length: 50 }, () => ({ Data })),
      }),
    )
    const bytes = 53 * Data.length
    const objects = await deliveredObjects(server.bucketsPath, 'counted', bytes)
    await eventually(
      async () =>
        (await counted('firehose_delivery_to_s3_records_total', 'counted')) === 53 ? true : undefined,
      'the count of delivered records',
    )
    for (const [name, value] of [
      ['firehose_incoming_bytes_total', bytes],
      ['firehose_incoming_records_total', 53],
      ['firehose_incoming_put_requests_total', 4],
      ['firehose_put_record_requests_total', 3],
      ['firehose_put_record_bytes_total', 3 * Data.length],
      ['firehose_put_record_batch_requests_total', 1],
      ['firehose_put_record_batch_records_total', 50],
      ['firehose_put_record_latency_seconds_count', 3],
      ['firehose_delivery_to_s3_bytes_total', bytes],
      ['firehose_delivery_to_s3_object_count_total', objects.length],
      ['firehose_delivery_to_s3_success_attempts_total', objects.length],
    ] as const) {
      assert.equal(await counted(name, 'counted'), value, name)
    }
    assert((await metric(server.url, 'hydrant_log_sync_duration_seconds_count')) > 0)
    assert((await metric(server.url, 'process_resident_memory_bytes')) > 1e7)
  })

  it('has a line for each object at debug', async () => {
    await eventually(
      () => server.log.find(({ deliveryStream, key }) => deliveryStream === 'counted' && key !== undefined),
      'the line about an object',
    )
  })

  it('shows a bucket that is missing: freshness, failed tries, error records; and goes on when it comes', async () => {
    await createStream(client, 'waiting', {
      CloudWatchLoggingOptions: { Enabled: true, LogGroupName: '/group', LogStreamName: 'stream' },
    })
    await client.send(
      new PutRecordCommand({ DeliveryStreamName: 'waiting', Record: { Data: Buffer.from('x') } }),
    )
    const line = await eventually(
      () => server.log.find(({ errorCode }) => errorCode === 'S3.NoSuchBucket'),
      'the error record',
    )
    const { time: _time, message, ...facts } = line
    assert.equal(typeof message, 'string')
    assert.deepEqual(facts, {
      level: 'warn',
      deliveryStreamARN: 'arn:aws:firehose:us-east-1:000000000000:deliverystream/waiting',
      destination: 'arn:aws:s3:::waiting',
      deliveryStreamVersionId: 1,
      errorCode: 'S3.NoSuchBucket',
      lane: 'primary',
      failures: 1,
      logGroupName: '/group',
      logStreamName: 'stream',
    })
    const freshness = 'firehose_delivery_to_s3_data_freshness_seconds'
    await eventually(async () => ((await counted(freshness, 'waiting')) > 1 ? true : undefined), 'freshness')
    const failed = { delivery_stream: 'waiting', result: 'failed' }
    assert((await metric(server.url, 'firehose_delivery_to_s3_success_attempts_total', failed)) > 0)

    makeBucket('waiting')
    await deliveredObjects(server.bucketsPath, 'waiting', 1)
    await eventually(
      async () => ((await counted(freshness, 'waiting')) === 0 ? true : undefined),
      'nothing to wait',
    )
    await eventually(
      () => server.log.find(({ message }) => message === 'Delivery works again.'),
      'the line that it works again',
    )
  })

  it('shows nothing of a delivery stream that was deleted', async () => {
    await client.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: 'counted' }))
    await eventually(async () => {
      const text = await (await fetch(`${server.url}/metrics`)).text()
      return text.includes('delivery_stream="counted"') ? undefined : true
    }, 'the end of its metrics')
  })
})

describe('a server that stops', () => {
  it('answers what is in flight, then exits with 0, and delivers the rest after the next start', async () => {
    const server = await HydrantProcess.start()
    const client = newClient(server.url)
    try {
      await createStream(client, 'stopped', { BufferingHints: { SizeInMBs: 128, IntervalInSeconds: 1 } })
      const slow = await openPut(server.url, 'stopped', 'sent slowly')
      const stopped = server.stop()
      await eventually(
        () =>
          fetch(`${server.url}/health`).then(
            () => undefined,
            () => true,
          ),
        'the end of listening',
      )
      assert.match(await slow.finish(), /^HTTP\/1\.1 200 OK\r\n.*"RecordId"/s)
      assert.equal(await stopped, 0)
      await server.restart()
      assert.equal((await deliveredBytes(server.bucketsPath, 'stopped', 11)).toString(), 'sent slowly')
    } finally {
      client.destroy()
      await server.remove()
    }
  })

  it('delivers what is on its way within the grace period', async () => {
    const server = await HydrantProcess.start()
    const client = newClient(server.url)
    try {
      await createStream(client, 'graceful')
      await client.send(
        new PutRecordCommand({ DeliveryStreamName: 'graceful', Record: { Data: Buffer.from('last') } }),
      )
      assert.equal(await server.stop(), 0)
      await server.restart()
      assert.equal((await deliveredBytes(server.bucketsPath, 'graceful', 4)).toString(), 'last')
    } finally {
      client.destroy()
      await server.remove()
    }
  })
})

it('does not start a second time on the same data', async () => {
  const server = await HydrantProcess.start()
  try {
    await assert.rejects(HydrantProcess.start({ dataDirectory: server.dataDirectory }), /another|in use/i)
  } finally {
    await server.remove()
  }
})

/** A put of which all but the last byte was sent. */
async function openPut(url: string, name: string, text: string) {
  const { hostname: host, port } = new URL(url)
  const data = Buffer.from(text).toString('base64')
  const body = JSON.stringify({ DeliveryStreamName: name, Record: { Data: data } })
  const socket = createConnection({ host, port: Number(port) })
  await once(socket, 'connect')
  let answer = ''
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString()
  })
  const head = [
    'POST / HTTP/1.1',
    `Host: ${host}`,
    'Content-Type: application/x-amz-json-1.1',
    'X-Amz-Target: Firehose_20150804.PutRecord',
    `Content-Length: ${body.length}`,
  ]
  const send = (part: string) => new Promise<void>((resolve) => socket.write(part, () => resolve()))
  await send(`${head.join('\r\n')}\r\n\r\n${body.slice(0, -1)}`)
  // It is in flight once the server has read the head.
  await new Promise((resolve) => setTimeout(resolve, 100))
  return {
    finish: async () => {
      const closed = once(socket, 'close')
      await send(body.slice(-1))
      await closed
      return answer
    },
  }
}
