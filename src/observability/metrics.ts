/**
 * `/metrics`: CloudWatch's metrics of Firehose in Prometheus's form, `DeliveryToS3.Bytes` as
 * `firehose_delivery_to_s3_bytes_total{delivery_stream="…"}`; and Hydrant's own under `hydrant_`.
 * @see Firehose Developer Guide, "Monitor Amazon Data Firehose with CloudWatch metrics"
 */

import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Clock } from '../platform.ts'
import type { ApiObserver, DeliveryEvent, Lane, LogObserver } from './events.ts'

const STREAM = 'delivery_stream'
/** CloudWatch names the operation UpdateDestination by another word. */
const OPERATION_NAMES: Readonly<Record<string, string>> = { UpdateDestination: 'UpdateDeliveryStream' }
const LATENCY_MS = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500]
const SYNC_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1]
const LANES: Readonly<Record<Lane, string>> = { primary: 'delivery_to_s3', backup: 'backup_to_s3' }

interface LaneMetrics {
  readonly bytes: Counter
  readonly records: Counter
  readonly objects: Counter
  readonly tries: Counter
}

/** What one put changes, looked up once a stream. */
interface Intake {
  readonly bytes: Counter.Internal
  readonly records: Counter.Internal
  readonly requests: Counter.Internal
}

export class Metrics implements ApiObserver, LogObserver {
  readonly #registry = new Registry()
  readonly #clock: Clock
  readonly #incomingBytes: Counter
  readonly #incomingRecords: Counter
  readonly #incomingRequests: Counter
  readonly #throttled: Counter
  readonly #operations = new Map<
    string,
    { readonly latency: Histogram.Internal<string>; readonly requests: Counter.Internal }
  >()
  readonly #latency: Histogram
  readonly #requests: Counter
  readonly #errors: Counter
  readonly #lanes: Readonly<Record<Lane, LaneMetrics>>
  readonly #expired: Counter
  readonly #damaged: Counter
  readonly #syncSeconds: Histogram.Internal<string>
  readonly #syncedBytes: Counter.Internal
  readonly #syncedFrames: Counter.Internal
  readonly #logBytes: Gauge
  readonly #accepting: Gauge
  readonly #intake = new Map<string, Intake>()
  /** Arrival of the oldest undelivered record, by lane, stream and partition. */
  readonly #oldest = new Map<string, { lane: Lane; streamName: string; arrivedAtMs: number }>()
  readonly #memory = new Map<number, { readonly bufferedBytes: number; readonly spooledBytes: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
    this.#incomingBytes = this.#counter('firehose_incoming_bytes_total', 'Bytes of records accepted', [
      STREAM,
    ])
    this.#incomingRecords = this.#counter('firehose_incoming_records_total', 'Records accepted', [STREAM])
    this.#incomingRequests = this.#counter(
      'firehose_incoming_put_requests_total',
      'Successful PutRecord and PutRecordBatch calls',
      [STREAM],
    )
    this.#throttled = this.#counter(
      'firehose_throttled_records_total',
      'Records refused by an emulated quota',
      [STREAM],
    )
    this.#latency = this.#histogram(
      'firehose_operation_latency_milliseconds',
      'Latency of API operations',
      LATENCY_MS,
      ['operation'],
    )
    this.#requests = this.#counter('firehose_operation_requests_total', 'API calls', ['operation'])
    this.#errors = this.#counter('firehose_operation_errors_total', 'API calls answered with an error', [
      'operation',
      'type',
    ])
    this.#lanes = { primary: this.#laneMetrics('primary'), backup: this.#laneMetrics('backup') }
    this.#expired = this.#counter(
      'hydrant_expired_records_total',
      'Records given up because they could not be delivered within retention.failedHours',
      [STREAM, 'lane'],
    )
    this.#damaged = this.#counter('hydrant_log_damages_total', 'Places in the log that could not be read', [])
    this.#syncSeconds = this.#histogram(
      'hydrant_log_sync_seconds',
      'Duration of a group commit: write and fdatasync',
      SYNC_SECONDS,
      [],
    ).labels()
    this.#syncedBytes = this.#counter(
      'hydrant_log_written_bytes_total',
      'Bytes written to the log',
      [],
    ).labels()
    this.#syncedFrames = this.#counter('hydrant_log_puts_total', 'Puts made durable', []).labels()
    this.#logBytes = this.#gauge('hydrant_log_bytes', 'Bytes on disk in segments that hold records', [])
    this.#accepting = this.#gauge('hydrant_log_accepting', '1 while puts are accepted', [])
    this.#accepting.set(1)
    this.#addFreshness('primary')
    this.#addFreshness('backup')
    this.#addProcess()
  }

  async render(): Promise<{ readonly contentType: string; readonly body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() }
  }

  request(request: Parameters<ApiObserver['request']>[0]): void {
    const operation = this.#operation(OPERATION_NAMES[request.operation] ?? request.operation)
    operation.latency.observe(request.durationMs)
    operation.requests.inc()
    if (request.errorType !== undefined) {
      this.#errors.inc({ operation: request.operation, type: request.errorType })
    }
    if (request.records === 0 || request.streamName === undefined) return
    const intake = this.#intakeOf(request.streamName)
    intake.bytes.inc(request.bytes)
    intake.records.inc(request.records)
    intake.requests.inc()
  }

  throttled(streamName: string, records: number): void {
    this.#throttled.inc({ [STREAM]: streamName }, records)
  }

  synced(durationMs: number, bytes: number, frames: number): void {
    this.#syncSeconds.observe(durationMs / 1000)
    this.#syncedBytes.inc(bytes)
    this.#syncedFrames.inc(frames)
  }

  size(bytes: number): void {
    this.#logBytes.set(bytes)
  }

  condition(reason: string | undefined): void {
    this.#accepting.set(reason === undefined ? 1 : 0)
  }

  damaged(): void {
    this.#damaged.inc()
  }

  delivery(events: readonly DeliveryEvent[]): void {
    for (const event of events) this.#event(event)
  }

  /** A stream is gone: so are its series. */
  forget(streamName: string): void {
    const labels = { [STREAM]: streamName }
    this.#intake.delete(streamName)
    for (const metric of [
      this.#incomingBytes,
      this.#incomingRecords,
      this.#incomingRequests,
      this.#throttled,
    ]) {
      metric.remove(labels)
    }
    for (const lane of Object.values(this.#lanes)) {
      for (const metric of [lane.bytes, lane.records, lane.objects]) metric.remove(labels)
      for (const result of ['ok', 'failed']) lane.tries.remove({ ...labels, result })
    }
    for (const [name, oldest] of this.#oldest) if (oldest.streamName === streamName) this.#oldest.delete(name)
  }

  #event(event: DeliveryEvent): void {
    switch (event.kind) {
      case 'delivered': {
        const labels = { [STREAM]: event.streamName }
        const lane = this.#lanes[event.lane]
        lane.bytes.inc(labels, event.bytes)
        lane.records.inc(labels, event.records)
        lane.objects.inc(labels)
        lane.tries.inc({ ...labels, result: 'ok' })
        return
      }
      case 'failed':
        this.#lanes[event.lane].tries.inc({ [STREAM]: event.streamName, result: 'failed' })
        return
      case 'oldest': {
        const { lane, streamName, partition, arrivedAtMs } = event
        const name = `${lane} ${streamName} ${partition}`
        if (arrivedAtMs === undefined) this.#oldest.delete(name)
        else this.#oldest.set(name, { lane, streamName, arrivedAtMs })
        return
      }
      case 'expired':
        this.#expired.inc({ [STREAM]: event.streamName, lane: event.lane }, event.records)
        return
      case 'damaged':
        this.#damaged.inc()
        return
      case 'memory':
        this.#memory.set(event.worker, event)
        return
    }
  }

  #intakeOf(streamName: string): Intake {
    let intake = this.#intake.get(streamName)
    if (intake === undefined) {
      intake = {
        bytes: this.#incomingBytes.labels(streamName),
        records: this.#incomingRecords.labels(streamName),
        requests: this.#incomingRequests.labels(streamName),
      }
      this.#intake.set(streamName, intake)
    }
    return intake
  }

  #operation(name: string) {
    let operation = this.#operations.get(name)
    if (operation === undefined) {
      operation = { latency: this.#latency.labels(name), requests: this.#requests.labels(name) }
      this.#operations.set(name, operation)
    }
    return operation
  }

  #laneMetrics(lane: Lane): LaneMetrics {
    const name = `firehose_${LANES[lane]}`
    return {
      bytes: this.#counter(`${name}_bytes_total`, 'Bytes of records delivered, before compression', [STREAM]),
      records: this.#counter(`${name}_records_total`, 'Records delivered', [STREAM]),
      objects: this.#counter(`${name}_object_count_total`, 'Objects delivered', [STREAM]),
      tries: this.#counter(`${name}_success_attempts_total`, 'Tries to write an object', [STREAM, 'result']),
    }
  }

  #addFreshness(lane: Lane): void {
    const oldest = this.#oldest
    const clock = this.#clock
    const gauge: Gauge = new Gauge({
      name: `firehose_${LANES[lane]}_data_freshness_seconds`,
      help: 'Age of the oldest record that was not delivered yet; absent when there is none',
      labelNames: [STREAM],
      registers: [this.#registry],
      collect() {
        gauge.reset()
        const ages = new Map<string, number>()
        for (const entry of oldest.values()) {
          if (entry.lane !== lane) continue
          const age = Math.max(0, (clock.now() - entry.arrivedAtMs) / 1000)
          ages.set(entry.streamName, Math.max(age, ages.get(entry.streamName) ?? 0))
        }
        for (const [streamName, age] of ages) gauge.set({ [STREAM]: streamName }, age)
      },
    })
  }

  #addProcess(): void {
    const memory = this.#memory
    const sum = (bytes: 'bufferedBytes' | 'spooledBytes') =>
      [...memory.values()].reduce((total, worker) => total + worker[bytes], 0)
    this.#collected('hydrant_buffered_bytes', 'Bytes of bodies in memory', () => sum('bufferedBytes'))
    this.#collected('hydrant_spooled_bytes', 'Bytes of bodies in spool files', () => sum('spooledBytes'))
    this.#collected('process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss())
    this.#collected('process_cpu_seconds', 'User and system time since the start', () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    })
  }

  #collected(name: string, help: string, value: () => number): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        gauge.set(value())
      },
    })
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] })
  }

  #gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] })
  }

  #histogram(name: string, help: string, buckets: number[], labelNames: string[]): Histogram {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.#registry] })
  }
}
