/**
 * `/metrics`: all that the server counts, for Prometheus. Names that begin with `firehose_` are AWS's; those with
 * `hydrant_` are ours; the rest (`process_`, `nodejs_`) are those that every Node server shows.
 */

import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { QuotaSettings } from '../config/config.ts'
import type { Clock } from '../platform.ts'
import { DeliveryMetrics } from './delivery-metrics.ts'
import type { ApiObserver, DeliveryEvent, LogObserver } from './events.ts'
import { IntakeMetrics } from './intake-metrics.ts'
import { LogMetrics } from './log-metrics.ts'

export interface MetricsOptions {
  readonly clock: Clock
  readonly quotas: QuotaSettings
  /** Delivery streams that exist; asked at each scrape. */
  readonly streamNames: () => Iterable<string>
}

export class Metrics {
  readonly #registry = new Registry()
  readonly #intake: IntakeMetrics
  readonly #delivery: DeliveryMetrics
  readonly #log: LogMetrics

  constructor({ clock, quotas, streamNames }: MetricsOptions) {
    this.#intake = new IntakeMetrics(this.#registry, quotas, streamNames)
    this.#delivery = new DeliveryMetrics(this.#registry, clock)
    this.#log = new LogMetrics(this.#registry)
    new Gauge({
      name: 'hydrant_delivery_streams',
      help: 'Delivery streams that exist (ResourceCount of AWS/Usage).',
      registers: [this.#registry],
      collect() {
        let count = 0
        for (const _name of streamNames()) count++
        this.set(count)
      },
    })
    collectDefaultMetrics({ register: this.#registry })
  }

  get api(): ApiObserver {
    return this.#intake
  }

  get log(): LogObserver {
    return this.#log
  }

  delivery(events: readonly DeliveryEvent[]): void {
    for (const event of events) this.#delivery.count(event)
  }

  /** Call once nothing reports of the stream any more. */
  removeStream(name: string): void {
    this.#intake.removeStream(name)
    this.#delivery.removeStream(name)
  }

  async page(): Promise<{ readonly status: number; readonly contentType: string; readonly body: string }> {
    return { status: 200, contentType: this.#registry.contentType, body: await this.#registry.metrics() }
  }
}
