/**
 * One sealed batch on its way: journaled, tried until it arrives, settled. The batch keeps its identity on every
 * try, so that a try whose answer was lost and the next one write the same object.
 */

import type { Batch, BatchIdentity, Destination } from '../destinations/destination.ts'
import { DeliveryError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import { backOffMs } from './back-off.ts'
import type { GrowingBody } from './growing-body.ts'
import type { Journal } from './journal.ts'
import { Wake } from './wake.ts'

export interface SendingContext {
  readonly platform: Platform
  readonly journal: Journal
  readonly signal: AbortSignal
  /** Where batches of this lane go now; another one after the stream was updated. */
  destination(): Destination
  /** Builds the body of an earlier run's batch again, from the log; undefined when damage left nothing of it. */
  rebuild(identity: BatchIdentity): Promise<SealedBody | undefined>
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
  readonly oldestMs: number
}

export class Sending {
  identity: BatchIdentity
  /** Arrival of the oldest record; unknown for a batch of an earlier run until its body is built again. */
  oldestMs: number | undefined
  readonly #context: SendingContext
  readonly #wake: Wake
  #sealed: SealedBody | undefined
  #failures = 0

  /** @param sealed  undefined for a batch of an earlier run, which may have arrived */
  constructor(context: SendingContext, identity: BatchIdentity, sealed?: SealedBody) {
    this.#context = context
    this.#wake = new Wake(context.platform.clock)
    this.identity = identity
    this.#sealed = sealed
    this.oldestMs = sealed?.oldestMs
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
    let isJournaled = this.#sealed === undefined
    let mayHaveArrived = this.#sealed === undefined
    try {
      while (!signal.aborted) {
        const destination = this.#context.destination()
        try {
          if (!isJournaled) await this.#context.journal.intent(this.identity)
          isJournaled = true
          if (mayHaveArrived && (await destination.arrived(this.identity, signal))) {
            await this.#settle()
            return
          }
          mayHaveArrived = false
          await this.#try(destination)
          return
        } catch (error) {
          if (signal.aborted) return
          this.#fail(error)
          if (this.#isExpired()) {
            await this.#settle()
            this.#context.expired(this.#sealed?.records ?? 0)
            return
          }
          await this.#wake.sleep(backOffMs(this.#failures, this.#context.platform.chance))
          if (this.#moved(this.#context.destination())) isJournaled = false
        }
      }
    } finally {
      signal.removeEventListener('abort', wake)
      // A spool file that cannot be removed now is removed at the next start.
      await this.#sealed?.body.dispose().catch(() => undefined)
    }
  }

  async #try(destination: Destination): Promise<void> {
    const { clock } = this.#context.platform
    if (this.#sealed === undefined) this.#sealed = await this.#context.rebuild(this.identity)
    const sealed = this.#sealed
    if (sealed !== undefined) {
      this.oldestMs = sealed.oldestMs
      const startedMs = clock.monotonic()
      const { body, records, bytes } = sealed
      const batch: Batch = { ...this.identity, body, records, bytes }
      await destination.deliver(batch, this.#context.signal)
      this.#context.arrived(batch, clock.monotonic() - startedMs)
    }
    await this.#settle()
  }

  /** The line is not synced and may be lost, so a journal that cannot be written now is no reason to try again. */
  async #settle(): Promise<void> {
    try {
      await this.#context.journal.settle(this.identity.id, this.identity.offsets)
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

  #isExpired(): boolean {
    return this.oldestMs !== undefined && this.#context.isExpired(this.oldestMs)
  }

  /**
   * After an update to another bucket the batch goes there under a new key. Within one bucket it keeps its key: an
   * earlier try that arrived unnoticed is then replaced by the next, and not doubled.
   */
  #moved(destination: Destination): boolean {
    if (this.oldestMs === undefined) return false
    const { bucket, key } = destination.locate(this.oldestMs)
    if (bucket === this.identity.bucket) return false
    this.identity = { ...this.identity, bucket, key }
    return true
  }
}
