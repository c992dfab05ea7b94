/** An object body while it grows and until it is delivered: in memory, or its beginning in a spool file. */

import type { Body, BodyEncoder } from '../formats/body.ts'
import type { Disk } from '../platform.ts'
import { ChunkList } from './chunk-list.ts'
import type { MemoryBudget } from './memory-budget.ts'

const SPOOL_READ_BYTES = 1024 * 1024

export interface Spool {
  readonly disk: Disk
  /** A path for a new spool file. Files of an earlier run were removed at start. */
  newPath(): string
}

export class GrowingBody implements Body {
  readonly #encoder: BodyEncoder
  readonly #budget: MemoryBudget
  readonly #spool: Spool
  #chunks = new ChunkList()
  /** Opened for each use: thousands of bodies must not mean thousands of open files. */
  #path: string | undefined
  #fileBytes = 0
  #isDisposed = false
  #spilling: Promise<void> | undefined

  constructor(encoder: BodyEncoder, budget: MemoryBudget, spool: Spool) {
    this.#encoder = encoder
    this.#budget = budget
    this.#spool = spool
    budget.enter(this)
  }

  /** Encodes what comes next. The bytes stay the caller's. */
  write(data: Uint8Array): void {
    this.#keep(this.#encoder.write(data))
  }

  end(): void {
    this.#keep(this.#encoder.end())
  }

  /** Encoded so far; the whole length once ended. */
  get length(): number {
    return this.#fileBytes + this.#chunks.length
  }

  get memoryBytes(): number {
    return this.#chunks.memoryBytes + this.#encoder.heldBytes
  }

  get spillableBytes(): number {
    return this.#isDisposed ? 0 : this.#chunks.length
  }

  get spooledBytes(): number {
    return this.#fileBytes
  }

  /** Moves what is encoded from memory to the spool file. */
  spill(): Promise<void> {
    this.#spilling ??= this.#writeChunks().finally(() => {
      this.#spilling = undefined
    })
    return this.#spilling
  }

  async *read(from = 0, to = this.length): AsyncGenerator<Uint8Array> {
    let position = from
    while (position < to) {
      // Decided anew for each piece: a spill may move the rest to the file while this waits.
      const piece =
        position < this.#fileBytes
          ? await this.#readSpooled(position, Math.min(to, this.#fileBytes))
          : this.#chunkAt(position, to)
      position += piece.length
      yield piece
    }
  }

  /**
   * Frees memory and spool file; the body was delivered or is given up. Never rejects: a spool file that cannot be
   * removed now is removed at the next start.
   */
  async dispose(): Promise<void> {
    this.#isDisposed = true
    this.#budget.leave(this)
    this.#chunks = new ChunkList()
    await this.#spilling?.catch(() => undefined)
    if (this.#path !== undefined) await this.#spool.disk.remove(this.#path).catch(() => undefined)
  }

  #keep(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.#chunks.add(chunk)
  }

  async #writeChunks(): Promise<void> {
    const chunks = this.#chunks.all()
    if (chunks.length === 0) return
    this.#path ??= this.#spool.newPath()
    const file = await this.#spool.disk.open(this.#path, { create: true })
    try {
      await file.write(chunks, this.#fileBytes)
    } finally {
      await file.close()
    }
    if (this.#isDisposed) return
    const before = this.#chunks.length
    this.#chunks.drop(chunks)
    this.#fileBytes += before - this.#chunks.length
  }

  async #readSpooled(position: number, to: number): Promise<Uint8Array> {
    const buffer = Buffer.allocUnsafe(Math.min(SPOOL_READ_BYTES, to - position))
    const file = await this.#spool.disk.open(this.#path!, { readOnly: true })
    try {
      const length = await file.read(buffer, position)
      if (length < buffer.length) throw new Error('The spool file is shorter than what was written to it.')
      return buffer
    } finally {
      await file.close()
    }
  }

  #chunkAt(position: number, to: number): Uint8Array {
    const chunk = this.#chunks.at(position - this.#fileBytes, to - this.#fileBytes)
    if (chunk === undefined) throw new Error('The body was disposed of while it was read.')
    return chunk
  }
}
