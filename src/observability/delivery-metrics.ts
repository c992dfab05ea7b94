/**
 * Metrics of deliveries: `DeliveryToS3.*` and `BackupToS3.*` of `AWS/Firehose`, and what AWS does not show.
 * Bytes are those before compression, as AWS counts them.
 */

import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Clock } from '../platform.ts'
import type { PartitionId } from '../record.ts'
import type { DeliveryEvent, Lane } from './events.ts'

const LANES: readonly Lane[] = ['primary', 'backup']
const AWS_NAMES: Readonly<Record<Lane, string>> = { primary: 'delivery_to_s3', backup: 'backup_to_s3' }
const DURATION_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const STREAM = ['delivery_stream'] as const
const STREAM_AND_LANE = ['delivery_stream', 'lane'] as const

type Delivered = Extract<DeliveryEvent, { kind: 'delivered' }>
type Oldest = Extract<DeliveryEvent, { kind: 'oldest' }>

/** The AWS metrics of one lane. */
class LaneMetrics {
  readonly #bytes: Counter<'delivery_stream'>
  readonly #records: Counter<'delivery_stream'>
  readonly #objects: Counter<'delivery_stream'>
  readonly #attempts: Counter<'delivery_stream' | 'result'>
  /** Arrival of the oldest record that waits, by delivery stream and partition. */
  readonly #oldestMs = new Map<string, Map<PartitionId, number>>()

  constructor(registry: Registry, lane: Lane, clock: Clock) {
    const registers = [registry]
    const prefix = `firehose_${AWS_NAMES[lane]}`
    const what = lane === 'primary' ? 'delivered to S3' : 'backed up to S3'
    const counter = (name: string, help: string) =>
      new Counter({ name: `${prefix}_${name}_total`, help, labelNames: STREAM, registers })
    this.#bytes = counter('bytes', `Bytes ${what}, before compression.`)
    this.#records = counter('records', `Records ${what}.`)
    this.#objects = counter('object_count', `Objects ${what}.`)
    this.#attempts = new Counter({
      name: `${prefix}_success_attempts_total`,
      help: `Tries to write an object ${what}; result is ok or failed.`,
      labelNames: ['delivery_stream', 'result'],
      registers,
    })
    const oldestMs = this.#oldestMs
    new Gauge({
      name: `${prefix}_data_freshness_seconds`,
      help: `Age of the oldest record not yet ${what}; absent when none waits.`,
      labelNames: STREAM,
      registers,
      collect() {
        this.reset()
        for (const [streamName, partitions] of oldestMs) {
          const ageMs = clock.now() - Math.min(...partitions.values())
          this.labels(streamName).set(Math.max(0, ageMs) / 1000)
        }
      },
    })
  }

  delivered({ streamName, bytes, records }: Delivered): void {
    this.#bytes.labels(streamName).inc(bytes)
    this.#records.labels(streamName).inc(records)
    this.#objects.labels(streamName).inc()
    this.#attempts.labels(streamName, 'ok').inc()
  }

  failed(streamName: string): void {
    this.#attempts.labels(streamName, 'failed').inc()
  }

  oldest({ streamName, partition, arrivedAtMs }: Oldest): void {
    const partitions = this.#oldestMs.get(streamName) ?? new Map<PartitionId, number>()
    if (arrivedAtMs === undefined) partitions.delete(partition)
    else partitions.set(partition, arrivedAtMs)
    if (partitions.size === 0) this.#oldestMs.delete(streamName)
    else this.#oldestMs.set(streamName, partitions)
  }

  removeStream(name: string): void {
    this.#oldestMs.delete(name)
    for (const metric of [this.#bytes, this.#records, this.#objects]) metric.remove(name)
    for (const result of ['ok', 'failed']) this.#attempts.remove(name, result)
  }
}

export class DeliveryMetrics {
  readonly #lanes: Readonly<Record<Lane, LaneMetrics>>
  readonly #bodyBytes: Counter<'delivery_stream' | 'lane'>
  readonly #duration: Histogram<'lane'>
  readonly #expired: Counter<'delivery_stream' | 'lane'>
  readonly #damaged: Counter<'delivery_stream'>
  readonly #buffered: Gauge<'worker'>
  readonly #spooled: Gauge<'worker'>

  constructor(registry: Registry, clock: Clock) {
    const registers = [registry]
    this.#lanes = {
      primary: new LaneMetrics(registry, 'primary', clock),
      backup: new LaneMetrics(registry, 'backup', clock),
    }
    this.#bodyBytes = new Counter({
      name: 'hydrant_delivery_body_bytes_total',
      help: 'Bytes of objects written, after compression.',
      labelNames: STREAM_AND_LANE,
      registers,
    })
    this.#duration = new Histogram({
      name: 'hydrant_delivery_duration_seconds',
      help: 'How long writing an object took, on the try that succeeded.',
      labelNames: ['lane'],
      buckets: DURATION_SECONDS,
      registers,
    })
    this.#expired = new Counter({
      name: 'hydrant_delivery_expired_records_total',
      help: 'Records given up because they could not be delivered for retention.failedHours.',
      labelNames: STREAM_AND_LANE,
      registers,
    })
    this.#damaged = new Counter({
      name: 'hydrant_delivery_damaged_frames_total',
      help: 'Places in the log that could not be read back for delivery.',
      labelNames: STREAM,
      registers,
    })
    this.#buffered = new Gauge({
      name: 'hydrant_memory_buffered_bytes',
      help: 'Bytes of object bodies in memory, by delivery worker.',
      labelNames: ['worker'],
      registers,
    })
    this.#spooled = new Gauge({
      name: 'hydrant_memory_spooled_bytes',
      help: 'Bytes of object bodies in spool files, by delivery worker.',
      labelNames: ['worker'],
      registers,
    })
  }

  count(event: DeliveryEvent): void {
    switch (event.kind) {
      case 'delivered':
        this.#lanes[event.lane].delivered(event)
        this.#bodyBytes.labels(event.streamName, event.lane).inc(event.bodyBytes)
        this.#duration.labels(event.lane).observe(event.durationMs / 1000)
        return
      case 'failed':
        this.#lanes[event.lane].failed(event.streamName)
        return
      case 'oldest':
        this.#lanes[event.lane].oldest(event)
        return
      case 'expired':
        this.#expired.labels(event.streamName, event.lane).inc(event.records)
        return
      case 'damaged':
        this.#damaged.labels(event.streamName).inc()
        return
      case 'memory':
        this.#buffered.labels(String(event.worker)).set(event.bufferedBytes)
        this.#spooled.labels(String(event.worker)).set(event.spooledBytes)
        return
    }
  }

  /** The delivery stream is gone: so are its series. */
  removeStream(name: string): void {
    this.#damaged.remove(name)
    for (const lane of LANES) {
      this.#lanes[lane].removeStream(name)
      this.#bodyBytes.remove(name, lane)
      this.#expired.remove(name, lane)
    }
  }
}
