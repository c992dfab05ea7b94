/** A clock that stands still until a test advances it. */

import type { Clock, Timer } from '../../src/platform.ts'

interface Waiting {
  readonly atMs: number
  readonly action: () => void
}

export class SimulatedClock implements Clock {
  readonly #startMs: number
  #nowMs: number
  #timers: Waiting[] = []

  /** @param nowMs  milliseconds since the epoch; by default 2026-01-01 */
  constructor(nowMs: number = Date.UTC(2026, 0, 1)) {
    this.#startMs = nowMs
    this.#nowMs = nowMs
  }

  now(): number {
    return this.#nowMs
  }

  monotonic(): number {
    return this.#nowMs - this.#startMs
  }

  after(delayMs: number, action: () => void): Timer {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), action }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
      },
    }
  }

  get timers(): number {
    return this.#timers.length
  }

  /** Lets `ms` pass: timers act in their order, each at its time, and what they set off settles before the next. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    for (;;) {
      await settled()
      const next = this.#takeNext(endMs)
      if (next === undefined) break
      this.#nowMs = next.atMs
      next.action()
    }
    this.#nowMs = endMs
  }

  #takeNext(endMs: number): Waiting | undefined {
    let next: Waiting | undefined
    for (const timer of this.#timers) if (next === undefined || timer.atMs < next.atMs) next = timer
    if (next === undefined || next.atMs > endMs) return undefined
    this.#timers = this.#timers.filter((timer) => timer !== next)
    return next
  }
}

/** Resolves when no promise can go on by itself: the simulated disk works in promises alone. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
