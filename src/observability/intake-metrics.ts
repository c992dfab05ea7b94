/**
 * Metrics of the API, under the names that CloudWatch gives them in `AWS/Firehose`: a dot or a capital becomes an
 * underscore, sums end in `_total`, latencies are histograms in seconds.
 *
 * @see Firehose Developer Guide, "Monitor Amazon Data Firehose with CloudWatch metrics"
 */

import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { QuotaSettings } from '../config/config.ts'
import type { ApiObserver } from './events.ts'

type Request = Parameters<ApiObserver['request']>[0]
type StreamCounter = Counter<'delivery_stream'>

/** Operations that AWS has metrics for. UpdateDestination's carry an older name of it. */
const AWS_NAMES: Readonly<Record<string, string>> = {
  PutRecord: 'put_record',
  PutRecordBatch: 'put_record_batch',
  DescribeDeliveryStream: 'describe_delivery_stream',
  ListDeliveryStreams: 'list_delivery_streams',
  UpdateDestination: 'update_delivery_stream',
}
const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
const LABELS = ['delivery_stream'] as const

interface OperationMetrics {
  readonly requests: StreamCounter
  readonly latency: Histogram<'delivery_stream'>
  /** What a successful put adds its bytes, its records and itself to; empty for other operations. */
  readonly bytes: readonly StreamCounter[]
  readonly records: readonly StreamCounter[]
  readonly puts: readonly StreamCounter[]
}

/** The same for one delivery stream, with the labels looked up: a put must not pay for that each time. */
interface StreamSeries {
  readonly requests: Counter.Internal
  readonly latency: Histogram.Internal<'delivery_stream'>
  readonly bytes: readonly Counter.Internal[]
  readonly records: readonly Counter.Internal[]
  readonly puts: readonly Counter.Internal[]
}

export class IntakeMetrics implements ApiObserver {
  readonly #operations: ReadonlyMap<string, OperationMetrics>
  readonly #throttledRecords: StreamCounter
  readonly #requests: Counter<'operation' | 'error_type'>
  /** By operation, then by delivery stream. */
  readonly #series = new Map<string, Map<string | undefined, StreamSeries>>()

  /** @param streamNames  delivery streams that exist: those whose emulated limits are shown */
  constructor(registry: Registry, quotas: QuotaSettings, streamNames: () => Iterable<string>) {
    this.#operations = operationMetrics(registry)
    this.#throttledRecords = counter(registry, 'throttled_records', 'Records refused by an emulated quota.')
    this.#requests = new Counter({
      name: 'hydrant_api_requests_total',
      help: 'Answered requests of every operation; error_type is empty for those that succeeded.',
      labelNames: ['operation', 'error_type'],
      registers: [registry],
    })
    const { bytesPerSecond, recordsPerSecond, requestsPerSecond } = quotas
    limit(registry, 'bytes_per_second', bytesPerSecond, streamNames)
    limit(registry, 'records_per_second', recordsPerSecond, streamNames)
    limit(registry, 'put_requests_per_second', requestsPerSecond, streamNames)
  }

  request(request: Request): void {
    const { operation, streamName, errorType } = request
    this.#requests.labels(operation, errorType ?? '').inc()
    const series = this.#series.get(operation)?.get(streamName) ?? this.#newSeries(operation, streamName)
    if (series === undefined) return
    series.requests.inc()
    series.latency.observe(request.durationMs / 1000)
    if (errorType !== undefined) return
    for (const total of series.bytes) total.inc(request.bytes)
    for (const total of series.records) total.inc(request.records)
    for (const total of series.puts) total.inc()
  }

  throttled(streamName: string, records: number): void {
    this.#throttledRecords.labels(streamName).inc(records)
  }

  /** The delivery stream is gone: so are its series. */
  removeStream(name: string): void {
    for (const byStream of this.#series.values()) byStream.delete(name)
    this.#throttledRecords.remove(name)
    for (const { requests, latency, bytes, records, puts } of this.#operations.values()) {
      for (const metric of [requests, latency, ...bytes, ...records, ...puts]) metric.remove(name)
    }
  }

  /** Undefined for operations without metrics of their own, and for requests about no delivery stream of ours. */
  #newSeries(operation: string, streamName: string | undefined): StreamSeries | undefined {
    const metrics = this.#operations.get(operation)
    if (metrics === undefined) return undefined
    if (streamName === undefined && operation !== 'ListDeliveryStreams') return undefined
    const labels = streamName === undefined ? {} : { delivery_stream: streamName }
    const series: StreamSeries = {
      requests: metrics.requests.labels(labels),
      latency: metrics.latency.labels(labels),
      bytes: metrics.bytes.map((metric) => metric.labels(labels)),
      records: metrics.records.map((metric) => metric.labels(labels)),
      puts: metrics.puts.map((metric) => metric.labels(labels)),
    }
    const byStream = this.#series.get(operation) ?? new Map<string | undefined, StreamSeries>()
    this.#series.set(operation, byStream.set(streamName, series))
    return series
  }
}

function operationMetrics(registry: Registry): ReadonlyMap<string, OperationMetrics> {
  const bytes = counter(registry, 'incoming_bytes', 'Bytes of records accepted.')
  const records = counter(registry, 'incoming_records', 'Records accepted.')
  const puts = counter(registry, 'incoming_put_requests', 'Successful PutRecord and PutRecordBatch requests.')
  const batchRecords = counter(registry, 'put_record_batch_records', 'Records accepted by PutRecordBatch.')
  const metrics = new Map<string, OperationMetrics>()
  for (const [operation, name] of Object.entries(AWS_NAMES)) {
    const isPut = operation.startsWith('Put')
    metrics.set(operation, {
      requests: counter(registry, `${name}_requests`, `${operation} requests.`),
      latency: new Histogram({
        name: `firehose_${name}_latency_seconds`,
        help: `Time from the first byte of a ${operation} request to its answer.`,
        labelNames: LABELS,
        buckets: LATENCY_SECONDS,
        registers: [registry],
      }),
      bytes: isPut ? [bytes, counter(registry, `${name}_bytes`, `Bytes accepted by ${operation}.`)] : [],
      records: isPut ? [records, ...(operation === 'PutRecordBatch' ? [batchRecords] : [])] : [],
      puts: isPut ? [puts] : [],
    })
  }
  return metrics
}

function counter(registry: Registry, name: string, help: string): StreamCounter {
  return new Counter({ name: `firehose_${name}_total`, help, labelNames: LABELS, registers: [registry] })
}

function limit(
  registry: Registry,
  name: string,
  value: number | undefined,
  streamNames: () => Iterable<string>,
): void {
  if (value === undefined) return
  new Gauge({
    name: `firehose_${name}_limit`,
    help: `Emulated quota of each delivery stream: ${name.replaceAll('_', ' ')}.`,
    labelNames: LABELS,
    registers: [registry],
    collect() {
      this.reset()
      for (const streamName of streamNames()) this.labels(streamName).set(value)
    },
  })
}
