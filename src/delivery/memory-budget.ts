/**
 * Bounds the bytes of all bodies that are being built or delivered in this thread. Above the budget the largest
 * bodies go to spool files, however many delivery streams there are and whatever their hints.
 */

import type { GrowingBody } from './growing-body.ts'

export class MemoryBudget {
  readonly #bytesMax: number
  readonly #bodies = new Set<GrowingBody>()
  #spilling: Promise<void> | undefined

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
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

  /** Resolves when the bodies fit the budget again. Whoever adds bytes waits for this first. */
  async room(): Promise<void> {
    while (this.bufferedBytes > this.#bytesMax) {
      this.#spilling ??= this.#spillLargest().finally(() => {
        this.#spilling = undefined
      })
      const before = this.bufferedBytes
      await this.#spilling
      // What is left is what encoders hold: it cannot leave memory before its body is closed.
      if (this.bufferedBytes >= before) return
    }
  }

  async #spillLargest(): Promise<void> {
    let largest: GrowingBody | undefined
    for (const body of this.#bodies) {
      if (body.spillableBytes > (largest?.spillableBytes ?? 0)) largest = body
    }
    await largest?.spill()
  }

  #sum(bytes: (body: GrowingBody) => number): number {
    let sum = 0
    for (const body of this.#bodies) sum += bytes(body)
    return sum
  }
}
