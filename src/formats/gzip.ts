/** GZIP (RFC 1952): one member over the whole body. */

import type { BodyEncoder } from './body.ts'
import { DeflateChunks } from './deflate-chunks.ts'

/** Deflate, no name, no time, made on Unix. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3)

export class GzipEncoder implements BodyEncoder {
  readonly #deflate: DeflateChunks
  #isBegun = false

  constructor(level: number) {
    this.#deflate = new DeflateChunks(level)
  }

  get heldBytes(): number {
    return this.#deflate.heldBytes
  }

  write(data: Uint8Array): readonly Uint8Array[] {
    return this.#begin(this.#deflate.write(data))
  }

  end(): readonly Uint8Array[] {
    const chunks = this.#begin(this.#deflate.end(), true)
    const trailer = Buffer.alloc(8)
    trailer.writeUInt32LE(this.#deflate.crc, 0)
    trailer.writeUInt32LE(this.#deflate.inputBytes % 2 ** 32, 4)
    return [...chunks, trailer]
  }

  #begin(chunks: Uint8Array[], isEnd = false): Uint8Array[] {
    if (this.#isBegun || (chunks.length === 0 && !isEnd)) return chunks
    this.#isBegun = true
    return [HEADER, ...chunks]
  }
}
