/** The structured log: JSON lines on standard error, one object a line. Never secrets, never what is in records. */

import pino, { type Logger as PinoLogger } from 'pino'
import type { LogLevel } from '../config/config.ts'
import type { Clock } from '../platform.ts'
import type { DeliveryEvent } from './events.ts'

/** A destination that fails for hours is one line a minute, not one a try. */
const REPEAT_MS = 60_000

interface Failing {
  readonly errorCode: string
  loggedAtMs: number
  /** Tries that failed since the last line. */
  unlogged: number
}

export class Logger {
  readonly #pino: PinoLogger
  readonly #clock: Clock
  readonly #failing = new Map<string, Failing>()

  constructor(level: LogLevel, clock: Clock) {
    const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
    this.#pino = pino(options, pino.destination({ dest: 2, sync: true }))
    this.#clock = clock
  }

  info(message: string, facts: object = {}): void {
    this.#pino.info(facts, message)
  }

  /** Nothing was lost. */
  warn(message: string, facts: object = {}): void {
    this.#pino.warn(facts, message)
  }

  /** A person must act. */
  error(message: string, facts: object = {}): void {
    this.#pino.error(facts, message)
  }

  delivery(events: readonly DeliveryEvent[]): void {
    for (const event of events) this.#event(event)
  }

  #event(event: DeliveryEvent): void {
    switch (event.kind) {
      case 'delivered': {
        this.#recovered(`${event.streamName} ${event.lane}`)
        const { kind: _, ...facts } = event
        this.#pino.debug(facts, 'object delivered')
        return
      }
      case 'failed':
        this.#failed(event)
        return
      case 'expired':
        this.error('records given up after retention.failedHours', event)
        return
      case 'damaged':
        this.error('damage in the log: records were skipped', event)
        return
      default:
        return
    }
  }

  /** @see Firehose Developer Guide, "Monitor Firehose with CloudWatch Logs": the members of an error record */
  #failed(event: Extract<DeliveryEvent, { kind: 'failed' }>): void {
    const name = `${event.streamName} ${event.lane}`
    const now = this.#clock.monotonic()
    const known = this.#failing.get(name)
    if (known?.errorCode === event.errorCode && now - known.loggedAtMs < REPEAT_MS) {
      known.unlogged++
      return
    }
    this.#failing.set(name, { errorCode: event.errorCode, loggedAtMs: now, unlogged: 0 })
    const { errorLog } = event
    this.#pino.warn(
      {
        deliveryStreamARN: event.streamArn,
        destination: event.destination,
        deliveryStreamVersionId: event.versionId,
        message: event.message,
        errorCode: event.errorCode,
        attempt: event.attempt,
        ...(known === undefined || known.unlogged === 0 ? {} : { failedTriesSince: known.unlogged }),
        ...(errorLog === undefined ? {} : { logGroup: errorLog.group, logStream: errorLog.stream }),
      },
      'delivery failed and will be tried again',
    )
  }

  #recovered(name: string): void {
    if (!this.#failing.delete(name)) return
    this.#pino.info({ delivery: name }, 'delivery works again')
  }
}
