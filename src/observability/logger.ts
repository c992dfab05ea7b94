/**
 * The structured log: one JSON object a line on standard error. A failed delivery is written in the shape of
 * Firehose's own error records, with the names of the log group and stream where CloudWatchLoggingOptions is on:
 *
 * ```
 * {"level":"warn","time":"2026-01-31T12:00:00.000Z",
 *  "deliveryStreamARN":"arn:aws:firehose:…","destination":"arn:aws:s3:::bucket","deliveryStreamVersionId":1,
 *  "errorCode":"S3.NoSuchBucket","lane":"primary","failures":1,"message":"…"}
 * ```
 *
 * Nothing here is given secrets or the content of records.
 *
 * @see Firehose Developer Guide, "Monitor Amazon Data Firehose using CloudWatch Logs"
 */

import { type DestinationStream, destination, type Logger as Pino, pino, stdTimeFunctions } from 'pino'
import type { LogLevel } from '../config/config.ts'
import type { Clock } from '../platform.ts'
import type { DeliveryEvent } from './events.ts'
import { FailureSampling } from './failure-sampling.ts'

const STDERR = 2

type Facts = Readonly<Record<string, string | number | undefined>>
type Failed = Extract<DeliveryEvent, { kind: 'failed' }>

export interface LoggerOptions {
  readonly level: LogLevel
  readonly clock: Clock
  /** Where lines go; standard error unless given. */
  readonly output?: DestinationStream
}

export class Logger {
  readonly #pino: Pino
  readonly #failures: FailureSampling

  constructor({ level, clock, output = destination({ dest: STDERR, sync: true }) }: LoggerOptions) {
    this.#failures = new FailureSampling(clock)
    this.#pino = pino(
      {
        level,
        messageKey: 'message',
        timestamp: stdTimeFunctions.isoTime,
        formatters: { bindings: () => ({}), level: (label) => ({ level: label }) },
      },
      output,
    )
  }

  info(message: string, facts: Facts = {}): void {
    this.#pino.info(facts, message)
  }

  /** Nothing was lost. */
  warn(message: string, facts: Facts = {}): void {
    this.#pino.warn(facts, message)
  }

  /** A person must act. */
  error(message: string, facts: Facts = {}): void {
    this.#pino.error(facts, message)
  }

  /** A defect of ours, with its stack. */
  defect(message: string, error: unknown): void {
    this.error(message, { error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }

  /** Puts are refused from now on, or taken again. */
  condition(reason: string | undefined): void {
    if (reason === undefined) this.info('Puts are taken again.')
    else this.error('Puts are refused.', { reason })
  }

  /** A damaged place in the log. */
  damaged(path: string, position: number, bytes?: number): void {
    this.error('A part of the log is damaged and was skipped.', { path, position, bytes })
  }

  delivery(events: readonly DeliveryEvent[]): void {
    for (const event of events) this.#deliveryEvent(event)
  }

  /** Forgets what the stream's failures were. */
  removeStream(name: string): void {
    this.#failures.forget(name)
  }

  #deliveryEvent(event: DeliveryEvent): void {
    switch (event.kind) {
      case 'delivered': {
        const { kind: _kind, streamName, ...facts } = event
        const failures = this.#failures.succeeded(streamName, event.lane)
        if (failures > 0)
          this.info('Delivery works again.', { deliveryStream: streamName, lane: event.lane, failures })
        this.#pino.debug({ deliveryStream: streamName, ...facts }, 'Delivered an object.')
        return
      }
      case 'failed': {
        const failures = this.#failures.failed(event.streamName, event.lane, event.errorCode)
        if (failures > 0) this.warn(event.message, errorRecord(event, failures))
        return
      }
      case 'expired': {
        const { streamName: deliveryStream, lane, records } = event
        this.error('Records were given up after retention.failedHours.', { deliveryStream, lane, records })
        return
      }
      case 'damaged':
        this.error('A part of the log is damaged and was not delivered.', {
          deliveryStream: event.streamName,
          path: event.path,
          position: event.position,
        })
        return
      case 'oldest':
      case 'memory':
        return
    }
  }
}

/** @param failures  since the last line about this error */
function errorRecord(event: Failed, failures: number): Facts {
  const { errorLog } = event
  return {
    deliveryStreamARN: event.streamArn,
    destination: event.destination,
    deliveryStreamVersionId: event.versionId,
    errorCode: event.errorCode,
    lane: event.lane,
    failures,
    ...(errorLog === undefined ? {} : { logGroupName: errorLog.group, logStreamName: errorLog.stream }),
  }
}
