/**
 * One sealed batch on its way: journaled, tried until it arrives, settled. The batch keeps its identity on every
 * try, so that a try whose answer was lost and the next one write the same object.
 */

import type { Batch, Destination } from '../destinations/destination.ts'
import { DeliveryError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import { backOffMs } from './back-off.ts'
import type { GrowingBody } from './growing-body.ts'
import type { Journal } from './journal.ts'
import type { Intent } from './journal-format.ts'
import { Wake } from './wake.ts'

export interface SendingContext {
  readonly platform: Platform
  readonly journal: Journal
  readonly signal: AbortSignal
  /** Where batches of this lane go now; another one after the stream was updated. */
  destination(): Destination
  /** Builds the body of an earlier run's batch again, from the log; undefined when damage left nothing of it. */
  rebuild(intent: Intent): Promise<SealedBody | undefined>
  arrived(batch: Batch, durationMs: number): void
  failed(error: DeliveryError, attempt: number): void
  /** Whether records that arrived at `oldestMs` and cannot be delivered are given up now. */
  isExpired(oldestMs: number): boolean
  expired(records: number): void
}

export interface SealedBody {
  readonly body: GrowingBody
  readonly records: number
  /** Of the records, before encoding. */
  readonly bytes: number
}

export class Sending {
  readonly #context: SendingContext
  readonly #wake: Wake
  #intent: Intent
  #sealed: SealedBody | undefined
  #failures = 0

  /** @param sealed  undefined for a batch of an earlier run, which may have arrived */
  constructor(context: SendingContext, intent: Intent, sealed?: SealedBody) {
    this.#context = context
    this.#wake = new Wake(context.platform.clock)
    this.#intent = intent
    this.#sealed = sealed
  }

  /** Arrival of the oldest record. */
  get oldestMs(): number {
    return this.#intent.oldestMs
  }

  get isFailing(): boolean {
    return this.#failures > 0
  }

  /** The stream was updated: what failed may work now. */
  retryNow(): void {
    this.#wake.notify()
  }

  /** Resolves when the batch is settled, or when the signal ends the tries; then its intent stays open. */
  async run(): Promise<void> {
    const { signal } = this.#context
    const wake = () => this.#wake.notify()
    signal.addEventListener('abort', wake)
    try {
      if (await this.#tryUntilDone(signal)) await this.#settle()
    } finally {
      signal.removeEventListener('abort', wake)
      await this.#sealed?.body.dispose()
    }
  }

  /** False when the signal ended the tries. */
  async #tryUntilDone(signal: AbortSignal): Promise<boolean> {
    // Also when it was read from the journal: an earlier run may have ended before that was synced.
    let isJournaled = false
    let mayHaveArrived = this.#sealed === undefined
    while (!signal.aborted) {
      const destination = this.#context.destination()
      try {
        if (this.#failures > 0 && this.#hasMoved(destination)) {
          // Where it cannot be asked any more it counts as not arrived: the update is the way out of that.
          if (await destination.arrived(this.#intent, signal).catch(() => false)) return true
          signal.throwIfAborted()
          this.#relocate(destination)
          isJournaled = false
          mayHaveArrived = false
        }
        if (!isJournaled) await this.#context.journal.intent(this.#intent)
        isJournaled = true
        if (mayHaveArrived && (await destination.arrived(this.#intent, signal))) return true
        mayHaveArrived = false
        await this.#try(destination)
        return true
      } catch (error) {
        if (signal.aborted) return false
        this.#fail(error)
        if (this.#context.isExpired(this.oldestMs)) {
          this.#context.expired(this.#records)
          return true
        }
        await this.#wake.sleep(backOffMs(this.#failures, this.#context.platform.chance))
      }
    }
    return false
  }

  async #try(destination: Destination): Promise<void> {
    const { clock } = this.#context.platform
    this.#sealed ??= await this.#context.rebuild(this.#intent)
    if (this.#sealed === undefined) return
    const startedMs = clock.monotonic()
    const { body, records, bytes } = this.#sealed
    const batch: Batch = { ...this.#intent, body, records, bytes }
    await destination.deliver(batch, this.#context.signal)
    this.#context.arrived(batch, clock.monotonic() - startedMs)
  }

  /** The line is not synced and may be lost, so a journal that cannot be written now is no reason to try again. */
  async #settle(): Promise<void> {
    try {
      await this.#context.journal.settle(this.#intent.id, this.#intent.offsets)
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#failures++
    const known =
      error instanceof DeliveryError
        ? error
        : new DeliveryError('InternalError', error instanceof Error ? error.message : String(error), {
            retryable: true,
            cause: error,
          })
    this.#context.failed(known, this.#failures)
  }

  get #records(): number {
    return this.#sealed?.records ?? this.#intent.offsets.reduce((sum, { from, to }) => sum + to - from, 0)
  }

  /**
   * After an update to another bucket the batch goes there under a new key. Within one bucket it keeps its key: an
   * earlier try that arrived unnoticed is then replaced by the next, and not doubled.
   */
  #hasMoved(destination: Destination): boolean {
    return destination.locate(this.oldestMs).bucket !== this.#intent.bucket
  }

  #relocate(destination: Destination): void {
    this.#intent = { ...this.#intent, ...destination.locate(this.oldestMs) }
  }
}
