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

/** Operations that AWS has metrics for. UpdateDestination's are named after an older name of it. */
const AWS_NAMES: Readonly<Record<string, string>> = {
  PutRecord: 'put_record',
  PutRecordBatch: 'put_record_batch',
  DescribeDeliveryStream: 'describe_delivery_stream',
  ListDeliveryStreams: 'list_delivery_streams',
  UpdateDestination: 'update_delivery_stream',
}
const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
const STREAM = ['delivery_stream'] as const

type StreamCounter = Counter<'delivery_stream'>

interface OperationMetrics {
  readonly isPut: boolean
  readonly requests: StreamCounter
  readonly latency: Histogram<'delivery_stream'>
  /** Of puts only. */
  readonly bytes: StreamCounter
  readonly records: StreamCounter
}

/** One operation on one delivery stream, with the labels looked up: a put must not pay for that each time. */
interface Counts {
  readonly requests: Counter.Internal
  readonly latency: Histogram.Internal<'delivery_stream'>
  readonly put?: {
    readonly bytes: Counter.Internal
    readonly records: Counter.Internal
    readonly incomingBytes: Counter.Internal
    readonly incomingRecords: Counter.Internal
    readonly incomingPutRequests: Counter.Internal
  }
}

export class IntakeMetrics implements ApiObserver {
  readonly #operations: ReadonlyMap<string, OperationMetrics>
  readonly #incomingBytes: StreamCounter
  readonly #incomingRecords: StreamCounter
  readonly #incomingPutRequests: StreamCounter
  readonly #throttledRecords: StreamCounter
  readonly #requests: Counter<'operation' | 'error_type'>
  readonly #limits: readonly Gauge<'delivery_stream'>[]
  /** By operation, then by delivery stream. */
  readonly #counts = new Map<string, Map<string | undefined, Counts>>()

  /** @param streamNames  delivery streams that exist: those whose emulated limits are shown */
  constructor(registry: Registry, quotas: QuotaSettings, streamNames: () => Iterable<string>) {
    const registers = [registry]
    const counter = (name: string, help: string) =>
      new Counter({ name: `firehose_${name}_total`, help, labelNames: STREAM, registers })
    this.#incomingBytes = counter('incoming_bytes', 'Bytes of records accepted.')
    this.#incomingRecords = counter('incoming_records', 'Records accepted.')
    this.#incomingPutRequests = counter('incoming_put_requests', 'Successful puts.')
    this.#throttledRecords = counter('throttled_records', 'Records refused by an emulated quota.')
    this.#operations = new Map(
      Object.entries(AWS_NAMES).map(([operation, name]) => [
        operation,
        operationMetrics(registry, operation, name),
      ]),
    )
    this.#requests = new Counter({
      name: 'hydrant_api_requests_total',
      help: 'Answered requests of every operation; error_type is empty for those that succeeded.',
      labelNames: ['operation', 'error_type'],
      registers,
    })
    const limit = (name: string, help: string, value: number | undefined) =>
      value === undefined ? [] : [limitGauge(registry, name, help, value, streamNames)]
    this.#limits = [
      ...limit('bytes_per_second', 'Emulated limit of bytes a second.', quotas.bytesPerSecond),
      ...limit('records_per_second', 'Emulated limit of records a second.', quotas.recordsPerSecond),
      ...limit('put_requests_per_second', 'Emulated limit of puts a second.', quotas.requestsPerSecond),
    ]
  }

  request(request: Request): void {
    const { operation, streamName, errorType, durationMs, bytes, records } = request
    this.#requests.labels(operation, errorType ?? '').inc()
    if (streamName === undefined && operation !== 'ListDeliveryStreams') return
    const counts = this.#counts.get(operation)?.get(streamName) ?? this.#newCounts(operation, streamName)
    if (counts === undefined) return
    counts.requests.inc()
    counts.latency.observe(durationMs / 1000)
    if (counts.put === undefined || errorType !== undefined) return
    counts.put.bytes.inc(bytes)
    counts.put.records.inc(records)
    counts.put.incomingBytes.inc(bytes)
    counts.put.incomingRecords.inc(records)
    counts.put.incomingPutRequests.inc()
  }

  throttled(streamName: string, records: number): void {
    this.#throttledRecords.labels(streamName).inc(records)
  }

  /** The delivery stream is gone: so are its series. */
  removeStream(name: string): void {
    for (const byStream of this.#counts.values()) byStream.delete(name)
    const incoming = [this.#incomingBytes, this.#incomingRecords, this.#incomingPutRequests]
    for (const metric of [...incoming, this.#throttledRecords, ...this.#limits]) metric.remove(name)
    for (const { isPut, requests, latency, bytes, records } of this.#operations.values()) {
      requests.remove(name)
      latency.remove(name)
      if (isPut) for (const metric of [bytes, records]) metric.remove(name)
    }
  }

  #newCounts(operation: string, streamName: string | undefined): Counts | undefined {
    const metrics = this.#operations.get(operation)
    if (metrics === undefined) return undefined
    const labels = streamName === undefined ? {} : { delivery_stream: streamName }
    const counts: Counts = {
      requests: metrics.requests.labels(labels),
      latency: metrics.latency.labels(labels),
      ...(metrics.isPut
        ? {
            put: {
              bytes: metrics.bytes.labels(labels),
              records: metrics.records.labels(labels),
              incomingBytes: this.#incomingBytes.labels(labels),
              incomingRecords: this.#incomingRecords.labels(labels),
              incomingPutRequests: this.#incomingPutRequests.labels(labels),
            },
          }
        : {}),
    }
    const byStream = this.#counts.get(operation) ?? new Map<string | undefined, Counts>()
    this.#counts.set(operation, byStream.set(streamName, counts))
    return counts
  }
}
