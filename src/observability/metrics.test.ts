import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import type { Clock } from '../platform.ts'
import { Metrics } from './metrics.ts'

let nowMs = 0
const clock: Clock = {
  now: () => nowMs,
  monotonic: () => nowMs,
  after: () => ({ cancel: () => undefined }),
}
let metrics = new Metrics({ clock, quotas: {}, streamNames: () => [] })

beforeEach(() => {
  nowMs = 1_000_000
  metrics = new Metrics({ clock, quotas: { bytesPerSecond: 1024 }, streamNames: () => ['orders', 'audit'] })
})

/** Value of one series; undefined when it is not shown. */
async function seriesValue(series: string): Promise<number | undefined> {
  const { body } = await metrics.page()
  const line = body.split('\n').find((text) => text.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

/** Series of the page that mention a text. */
async function linesWith(text: string): Promise<readonly string[]> {
  const { body } = await metrics.page()
  return body.split('\n').filter((line) => !line.startsWith('#') && line.includes(text))
}

function put(change: Partial<Parameters<Metrics['api']['request']>[0]> = {}): void {
  const one = { operation: 'PutRecordBatch', streamName: 'orders', durationMs: 4, bytes: 500, records: 5 }
  metrics.api.request({ ...one, ...change })
}

const delivered = {
  kind: 'delivered',
  streamName: 'orders',
  lane: 'primary',
  bucket: 'lake',
  key: 'orders-1',
  records: 10,
  bytes: 1000,
  bodyBytes: 200,
  durationMs: 30,
} as const

describe('metrics of intake', () => {
  it('counts accepted puts under the names of CloudWatch', async () => {
    put()
    put({ operation: 'PutRecord', bytes: 7, records: 1 })
    assert.equal(await seriesValue('firehose_incoming_bytes_total{delivery_stream="orders"}'), 507)
    assert.equal(await seriesValue('firehose_incoming_records_total{delivery_stream="orders"}'), 6)
    assert.equal(await seriesValue('firehose_incoming_put_requests_total{delivery_stream="orders"}'), 2)
    assert.equal(await seriesValue('firehose_put_record_bytes_total{delivery_stream="orders"}'), 7)
    assert.equal(await seriesValue('firehose_put_record_batch_bytes_total{delivery_stream="orders"}'), 500)
    assert.equal(await seriesValue('firehose_put_record_batch_records_total{delivery_stream="orders"}'), 5)
    assert.equal(
      await seriesValue(
        'firehose_put_record_batch_latency_seconds_bucket{le="0.005",delivery_stream="orders"}',
      ),
      1,
    )
  })

  it('counts a refused put as a request and under its error, and accepts nothing of it', async () => {
    put({ errorType: 'ServiceUnavailableException', bytes: 0, records: 0 })
    assert.equal(await seriesValue('firehose_put_record_batch_requests_total{delivery_stream="orders"}'), 1)
    assert.equal(
      await seriesValue(
        'hydrant_api_requests_total{operation="PutRecordBatch",error_type="ServiceUnavailableException"}',
      ),
      1,
    )
    assert.equal(
      (await seriesValue('firehose_incoming_put_requests_total{delivery_stream="orders"}')) ?? 0,
      0,
    )
  })

  it('lets callers invent no labels', async () => {
    const unknown = { errorType: 'ResourceNotFoundException', durationMs: 1, bytes: 0, records: 0 }
    metrics.api.request({ operation: 'PutRecord', ...unknown })
    assert.deepEqual(await linesWith('firehose_put_record_requests_total'), [])
    assert.equal((await linesWith('operation="PutRecord"')).length, 1)
  })

  it('names UpdateDestination as CloudWatch does, and counts lists without a delivery stream', async () => {
    put({ operation: 'UpdateDestination', records: 0 })
    const list = { operation: 'ListDeliveryStreams', durationMs: 1, bytes: 2, records: 0 }
    metrics.api.request(list)
    metrics.api.request(list)
    assert.equal(
      await seriesValue('firehose_update_delivery_stream_requests_total{delivery_stream="orders"}'),
      1,
    )
    assert.equal(await seriesValue('firehose_list_delivery_streams_requests_total'), 2)
    assert.equal(await seriesValue('firehose_list_delivery_streams_latency_seconds_count'), 2)
  })

  it('shows emulated limits of every delivery stream, and what they refused', async () => {
    metrics.api.throttled('orders', 3)
    assert.equal(await seriesValue('firehose_throttled_records_total{delivery_stream="orders"}'), 3)
    assert.equal(await seriesValue('firehose_bytes_per_second_limit{delivery_stream="audit"}'), 1024)
    assert.deepEqual(await linesWith('firehose_records_per_second_limit'), [])
    assert.equal(await seriesValue('hydrant_delivery_streams'), 2)
  })
})

describe('metrics of deliveries', () => {
  it('counts bytes before compression, objects and tries', async () => {
    metrics.delivery([delivered, { ...delivered, lane: 'backup', bytes: 1 }])
    assert.equal(await seriesValue('firehose_delivery_to_s3_bytes_total{delivery_stream="orders"}'), 1000)
    assert.equal(await seriesValue('firehose_delivery_to_s3_records_total{delivery_stream="orders"}'), 10)
    assert.equal(await seriesValue('firehose_delivery_to_s3_object_count_total{delivery_stream="orders"}'), 1)
    assert.equal(
      await seriesValue(
        'firehose_delivery_to_s3_success_attempts_total{delivery_stream="orders",result="ok"}',
      ),
      1,
    )
    assert.equal(await seriesValue('firehose_backup_to_s3_bytes_total{delivery_stream="orders"}'), 1)
    assert.equal(
      await seriesValue('hydrant_delivery_body_bytes_total{delivery_stream="orders",lane="primary"}'),
      200,
    )
  })

  it('counts a failed try', async () => {
    metrics.delivery([failed('S3.SlowDown')])
    assert.equal(
      await seriesValue(
        'firehose_delivery_to_s3_success_attempts_total{delivery_stream="orders",result="failed"}',
      ),
      1,
    )
  })

  it('shows the age of the oldest record of all partitions, and nothing when none waits', async () => {
    const oldest = { kind: 'oldest', streamName: 'orders', lane: 'primary' } as const
    const freshness = 'firehose_delivery_to_s3_data_freshness_seconds{delivery_stream="orders"}'
    metrics.delivery([
      { ...oldest, partition: 1, arrivedAtMs: 990_000 },
      { ...oldest, partition: 2, arrivedAtMs: 995_000 },
    ])
    assert.equal(await seriesValue(freshness), 10)
    nowMs += 1500
    assert.equal(await seriesValue(freshness), 11.5)
    metrics.delivery([{ ...oldest, partition: 1, arrivedAtMs: undefined }])
    assert.equal(await seriesValue(freshness), 6.5)
    metrics.delivery([{ ...oldest, partition: 2, arrivedAtMs: undefined }])
    assert.equal(await seriesValue(freshness), undefined)
  })

  it('shows memory by worker, and what was given up', async () => {
    metrics.delivery([
      { kind: 'memory', worker: 1, bufferedBytes: 10, spooledBytes: 20 },
      { kind: 'expired', streamName: 'orders', lane: 'primary', records: 3 },
      { kind: 'damaged', streamName: 'orders', path: '/log/1', position: 8 },
    ])
    assert.equal(await seriesValue('hydrant_memory_buffered_bytes{worker="1"}'), 10)
    assert.equal(await seriesValue('hydrant_memory_spooled_bytes{worker="1"}'), 20)
    assert.equal(
      await seriesValue('hydrant_delivery_expired_records_total{delivery_stream="orders",lane="primary"}'),
      3,
    )
    assert.equal(await seriesValue('hydrant_delivery_damaged_frames_total{delivery_stream="orders"}'), 1)
  })
})

it('shows the log: size, syncs, groups, whether it takes records', async () => {
  metrics.log.synced(0.4, 1000, 3)
  metrics.log.size(4096)
  assert.equal(await seriesValue('hydrant_log_sync_duration_seconds_bucket{le="0.0005"}'), 1)
  assert.equal(await seriesValue('hydrant_log_group_puts_sum'), 3)
  assert.equal(await seriesValue('hydrant_log_written_bytes_total'), 1000)
  assert.equal(await seriesValue('hydrant_log_size_bytes'), 4096)
  assert.equal(await seriesValue('hydrant_log_accepting'), 1)
  metrics.log.condition('The disk is full.')
  assert.equal(await seriesValue('hydrant_log_accepting'), 0)
  metrics.log.condition(undefined)
  assert.equal(await seriesValue('hydrant_log_accepting'), 1)
  metrics.log.damaged('/log/1', 8, 100)
  assert.equal(await seriesValue('hydrant_log_damaged_bytes_total'), 100)
})

it('shows the process', async () => {
  for (const name of [
    'process_resident_memory_bytes',
    'process_cpu_seconds_total',
    'nodejs_eventloop_lag_seconds',
  ]) {
    assert.notEqual(await seriesValue(name), undefined, name)
  }
})

it('forgets the series of a deleted delivery stream', async () => {
  for (const operation of ['PutRecord', 'PutRecordBatch', 'DescribeDeliveryStream', 'UpdateDestination'])
    put({ operation })
  metrics.api.throttled('orders', 1)
  for (const lane of ['primary', 'backup'] as const) {
    metrics.delivery([
      { ...delivered, lane },
      { ...failed('S3.SlowDown'), lane },
      { kind: 'oldest', streamName: 'orders', lane, partition: 1, arrivedAtMs: 0 },
      { kind: 'expired', streamName: 'orders', lane, records: 1 },
      { kind: 'damaged', streamName: 'orders', path: '/log/1', position: 8 },
    ])
  }
  metrics.removeStream('orders')
  const left = (await linesWith('"orders"')).filter(
    (line) => !line.startsWith('firehose_bytes_per_second_limit'),
  )
  assert.deepEqual(left, [])
  put()
  assert.equal(await seriesValue('firehose_incoming_records_total{delivery_stream="orders"}'), 5)
})

it('registers in no global registry: two servers in one process do not collide', () => {
  assert.doesNotThrow(() => new Metrics({ clock, quotas: {}, streamNames: () => [] }))
})

function failed(errorCode: string) {
  return {
    kind: 'failed',
    streamName: 'orders',
    streamArn: 'arn:aws:firehose:us-east-1:000000000000:deliverystream/orders',
    versionId: 1,
    lane: 'primary',
    destination: 'arn:aws:s3:::lake',
    errorCode,
    message: 'Slow down.',
    attempt: 1,
  } as const
}
