/** Emulation of AWS's quotas, off unless configured: for testing how clients retry. */

import type { QuotaSettings } from '../config/config.ts'
import { ApiError } from '../errors.ts'
import type { Clock } from '../platform.ts'

/** As much of a limit as one second gives may be used at once. */
class TokenBucket {
  readonly #perSecond: number
  #tokens: number
  #atMs: number

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#tokens = perSecond
    this.#atMs = nowMs
  }

  available(nowMs: number): number {
    const earned = ((nowMs - this.#atMs) / 1000) * this.#perSecond
    this.#tokens = Math.min(this.#perSecond, this.#tokens + earned)
    this.#atMs = nowMs
    return this.#tokens
  }

  use(tokens: number): void {
    this.#tokens -= tokens
  }
}

export class Quotas {
  readonly #settings: QuotaSettings
  readonly #clock: Clock
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(settings: QuotaSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** Whether any limit on puts is emulated; if not, `admit` need not be called. */
  get limitsPuts(): boolean {
    const { recordsPerSecond, requestsPerSecond, bytesPerSecond } = this.#settings
    return recordsPerSecond !== undefined || requestsPerSecond !== undefined || bytesPerSecond !== undefined
  }

  /**
   * @param lengths  bytes of each record
   * @returns how many records from the first on are within the limits of the stream; 0 to all of them
   */
  admit(streamName: string, lengths: ArrayLike<number>): number {
    const { recordsPerSecond, requestsPerSecond, bytesPerSecond } = this.#settings
    const now = this.#clock.monotonic()
    const bucket = (kind: string, perSecond: number | undefined) =>
      this.#bucket(`${kind} ${streamName}`, perSecond, now)
    const requests = bucket('requests', requestsPerSecond)
    const records = bucket('records', recordsPerSecond)
    const bytes = bucket('bytes', bytesPerSecond)
    if (requests !== undefined && requests.available(now) < 1) return 0
    const recordsLeft = records?.available(now) ?? Infinity
    const bytesLeft = bytes?.available(now) ?? Infinity
    let admitted = 0
    let admittedBytes = 0
    while (admitted < lengths.length && admitted + 1 <= recordsLeft) {
      const next = admittedBytes + lengths[admitted]!
      if (next > bytesLeft) break
      admittedBytes = next
      admitted++
    }
    requests?.use(1)
    records?.use(admitted)
    bytes?.use(admittedBytes)
    return admitted
  }

  /** @throws {ApiError} ThrottlingException above the emulated rate of control operations */
  checkControlRate(operation: string): void {
    const now = this.#clock.monotonic()
    const bucket = this.#bucket(`control ${operation}`, this.#settings.controlRequestsPerSecond, now)
    if (bucket === undefined) return
    if (bucket.available(now) < 1) throw new ApiError('ThrottlingException', 'Rate exceeded')
    bucket.use(1)
  }

  #bucket(name: string, perSecond: number | undefined, now: number): TokenBucket | undefined {
    if (perSecond === undefined) return undefined
    let bucket = this.#buckets.get(name)
    if (bucket === undefined) {
      bucket = new TokenBucket(perSecond, now)
      this.#buckets.set(name, bucket)
    }
    return bucket
  }
}
