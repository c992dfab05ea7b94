/**
 * Bounds the bytes of all bodies that are being built or delivered in this thread. Above the budget the largest
 * bodies go to spool files, however many delivery streams there are and whatever their hints.
 */

import type { GrowingBody } from './growing-body.ts'

/** Share of the budget above which it is tight. */
const TIGHT = 0.5

export class MemoryBudget {
  readonly #bytesMax: number
  readonly #bodies = new Set<GrowingBody>()
  readonly #waiting: (() => void)[] = []
  #turnsLeft: number

  /** @param fillsMax  how many bodies grow at once: each may go beyond the budget by what it adds */
  constructor(bytesMax: number, fillsMax: number) {
    this.#bytesMax = bytesMax
    this.#turnsLeft = fillsMax
  }

  enter(body: GrowingBody): void {
    this.#bodies.add(body)
  }

  leave(body: GrowingBody): void {
    this.#bodies.delete(body)
  }

  get bufferedBytes(): number {
    return this.#sum((body) => body.memoryBytes)
  }

  get spooledBytes(): number {
    return this.#sum((body) => body.spooledBytes)
  }

  /** Little is left: what can as well wait in the log should, instead of being read and spooled. */
  get isTight(): boolean {
    return this.bufferedBytes > this.#bytesMax * TIGHT
  }

  /**
   * Runs `add`, which adds to a body, once it is its turn and the bodies fit the budget. In turns, because the room
   * that one finds would be found by all who wait.
   */
  async fill<T>(add: () => Promise<T>): Promise<T> {
    await this.#turn()
    try {
      await this.#makeRoom()
      return await add()
    } finally {
      this.#endTurn()
    }
  }

  async #makeRoom(): Promise<void> {
    while (this.bufferedBytes > this.#bytesMax) {
      const largest = this.#largest()
      // What is left is what encoders hold: it cannot leave memory before its body is closed.
      if (largest === undefined) return
      await largest.spill()
    }
  }

  #largest(): GrowingBody | undefined {
    let largest: GrowingBody | undefined
    for (const body of this.#bodies) {
      if (body.spillableBytes > (largest?.spillableBytes ?? 0)) largest = body
    }
    return largest
  }

  #turn(): Promise<void> {
    if (this.#turnsLeft === 0) return new Promise((resolve) => this.#waiting.push(resolve))
    this.#turnsLeft--
    return Promise.resolve()
  }

  #endTurn(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#turnsLeft++
    else next()
  }

  #sum(bytes: (body: GrowingBody) => number): number {
    let sum = 0
    for (const body of this.#bodies) sum += bytes(body)
    return sum
  }
}
