/** Buffers that readers take turns with: their number bounds both memory and concurrent reads. */

/** Reads at once in one thread; each holds a buffer of the largest frame. */
export const READS_MAX = 4

export class ReadBuffers {
  readonly #bytes: number
  readonly #free: Buffer[] = []
  readonly #waiting: ((buffer: Buffer) => void)[] = []
  #left: number

  constructor(count: number, bytes: number) {
    this.#left = count
    this.#bytes = bytes
  }

  take(): Promise<Buffer> {
    const free = this.#free.pop()
    if (free !== undefined) return Promise.resolve(free)
    if (this.#left > 0) {
      this.#left--
      return Promise.resolve(Buffer.allocUnsafeSlow(this.#bytes))
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  giveBack(buffer: Buffer): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free.push(buffer)
    else next(buffer)
  }
}
