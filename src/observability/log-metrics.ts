/** Metrics of the log: how long a sync takes, how many puts share one, and whether puts are taken at all. */

import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { LogObserver } from './events.ts'

const SYNC_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5]
const GROUP_FRAMES = [1, 2, 4, 8, 16, 32, 64, 128, 256]

export class LogMetrics implements LogObserver {
  readonly #syncDuration: Histogram
  readonly #groupFrames: Histogram
  readonly #writtenBytes: Counter
  readonly #size: Gauge
  readonly #accepting: Gauge
  readonly #damaged: Counter
  readonly #damagedBytes: Counter

  constructor(registry: Registry) {
    const registers = [registry]
    this.#syncDuration = new Histogram({
      name: 'hydrant_log_sync_duration_seconds',
      help: 'How long the write and fdatasync of a group of puts took.',
      buckets: SYNC_SECONDS,
      registers,
    })
    this.#groupFrames = new Histogram({
      name: 'hydrant_log_group_puts',
      help: 'Puts that shared one write and one fdatasync.',
      buckets: GROUP_FRAMES,
      registers,
    })
    this.#writtenBytes = new Counter({
      name: 'hydrant_log_written_bytes_total',
      help: 'Bytes of puts written to the log.',
      registers,
    })
    this.#size = new Gauge({
      name: 'hydrant_log_size_bytes',
      help: 'Bytes on disk of segments that hold records; log.quota bounds it.',
      registers,
    })
    this.#accepting = new Gauge({
      name: 'hydrant_log_accepting',
      help: '1 while the log takes records, 0 while puts are refused (disk full or failing, quota).',
      registers,
    })
    this.#accepting.set(1)
    this.#damaged = new Counter({
      name: 'hydrant_log_damaged_total',
      help: 'Damaged places found in segments.',
      registers,
    })
    this.#damagedBytes = new Counter({
      name: 'hydrant_log_damaged_bytes_total',
      help: 'Bytes of segments skipped because they are damaged.',
      registers,
    })
  }

  synced(durationMs: number, bytes: number, frames: number): void {
    this.#syncDuration.observe(durationMs / 1000)
    this.#groupFrames.observe(frames)
    this.#writtenBytes.inc(bytes)
  }

  size(bytes: number): void {
    this.#size.set(bytes)
  }

  condition(reason: string | undefined): void {
    this.#accepting.set(reason === undefined ? 1 : 0)
  }

  damaged(_path: string, _position: number, bytes: number): void {
    this.#damaged.inc()
    this.#damagedBytes.inc(bytes)
  }
}
