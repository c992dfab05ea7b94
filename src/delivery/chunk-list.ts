/** The bytes of a body that are in memory. Small pieces are joined: a million puts must not be a million buffers. */

/** Pieces from here on are kept as they are. */
const LARGE_BYTES = 16 * 1024
const JOINED_BYTES_MIN = 4 * 1024
const JOINED_BYTES_MAX = 64 * 1024

export class ChunkList {
  readonly #chunks: Uint8Array[] = []
  /** Storage of the last chunk, while more is joined to it. */
  #storage: Buffer | undefined
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What the chunks take, unused storage included. */
  get memoryBytes(): number {
    const unused = this.#storage === undefined ? 0 : this.#storage.length - this.#chunks.at(-1)!.length
    return this.#length + unused
  }

  /** The list keeps `piece`, or a copy of it. */
  add(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#length += piece.length
    if (piece.length < LARGE_BYTES) {
      this.#join(piece)
      return
    }
    this.#storage = undefined
    this.#chunks.push(piece)
  }

  /** All chunks so far; what is added from now on goes to others. */
  all(): readonly Uint8Array[] {
    this.#storage = undefined
    return [...this.#chunks]
  }

  /** Lets go of the first chunks, as `all` returned them. */
  drop(chunks: readonly Uint8Array[]): void {
    this.#chunks.splice(0, chunks.length)
    for (const { length } of chunks) this.#length -= length
  }

  /** Bytes from `position` to the end of a chunk, `to` at the most; undefined when there are none. */
  at(position: number, to: number): Uint8Array | undefined {
    let start = 0
    for (const chunk of this.#chunks) {
      if (position < start + chunk.length) return chunk.subarray(position - start, to - start)
      start += chunk.length
    }
    return undefined
  }

  #join(piece: Uint8Array): void {
    const last = this.#storage === undefined ? undefined : this.#chunks.at(-1)
    const joined = (last?.length ?? 0) + piece.length
    if (last === undefined || joined > JOINED_BYTES_MAX) {
      this.#storage = Buffer.allocUnsafeSlow(sizeFor(piece.length))
      this.#storage.set(piece)
      this.#chunks.push(this.#storage.subarray(0, piece.length))
      return
    }
    if (joined > this.#storage!.length) {
      const grown = Buffer.allocUnsafeSlow(sizeFor(joined))
      grown.set(last)
      this.#storage = grown
    }
    this.#storage!.set(piece, last.length)
    this.#chunks[this.#chunks.length - 1] = this.#storage!.subarray(0, joined)
  }
}

function sizeFor(bytes: number): number {
  let size = JOINED_BYTES_MIN
  while (size < bytes) size *= 2
  return size
}
