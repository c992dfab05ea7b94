/**
 * The two framings of Snappy that Firehose writes; neither is Google's framing format.
 *
 * ```
 * Snappy         snappy-java's SnappyOutputStream: 82 'SNAPPY' 00, i32be version 1, i32be least version 1,
 *                then per block i32be compressed length, raw Snappy
 * HADOOP_SNAPPY  Hadoop's BlockCompressorStream: per block i32be uncompressed length, i32be compressed length,
 *                raw Snappy
 * ```
 *
 * Blocks are of 32 KiB, as snappy-java makes them.
 */

import { createRequire } from 'node:module'
import type { BodyEncoder } from './body.ts'

const BLOCK_BYTES = 32 * 1024
const JAVA_HEADER = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1)

type Compress = (block: Uint8Array) => Uint8Array

let loaded: Compress | undefined

/** The native module is loaded when the first body needs it. */
function compress(block: Uint8Array): Uint8Array {
  loaded ??= (createRequire(import.meta.url)('snappy') as { compressSync: Compress }).compressSync
  return loaded(block)
}

export class SnappyEncoder implements BodyEncoder {
  readonly #framing: 'java' | 'hadoop'
  #held = Buffer.alloc(0)
  #heldBytes = 0
  #isBegun = false

  constructor(framing: 'java' | 'hadoop') {
    this.#framing = framing
  }

  get heldBytes(): number {
    return this.#held.length
  }

  write(data: Uint8Array): readonly Uint8Array[] {
    const chunks: Uint8Array[] = []
    let at = 0
    while (data.length - at + this.#heldBytes >= BLOCK_BYTES) {
      const taken = BLOCK_BYTES - this.#heldBytes
      if (this.#heldBytes === 0) {
        chunks.push(...this.#frame(data.subarray(at, at + taken)))
      } else {
        this.#hold(data.subarray(at, at + taken))
        chunks.push(...this.#frame(this.#held))
        this.#heldBytes = 0
      }
      at += taken
    }
    this.#hold(data.subarray(at))
    return chunks.length === 0 ? chunks : this.#begin(chunks)
  }

  end(): readonly Uint8Array[] {
    const chunks = this.#heldBytes === 0 ? [] : this.#frame(this.#held.subarray(0, this.#heldBytes))
    this.#held = Buffer.alloc(0)
    this.#heldBytes = 0
    return this.#begin(chunks)
  }

  #begin(chunks: Uint8Array[]): Uint8Array[] {
    if (this.#isBegun || this.#framing === 'hadoop') return chunks
    this.#isBegun = true
    return [JAVA_HEADER, ...chunks]
  }

  #frame(block: Uint8Array): Uint8Array[] {
    const compressed = compress(block)
    const lengths = Buffer.alloc(this.#framing === 'hadoop' ? 8 : 4)
    if (this.#framing === 'hadoop') lengths.writeInt32BE(block.length, 0)
    lengths.writeInt32BE(compressed.length, lengths.length - 4)
    return [lengths, compressed]
  }

  #hold(data: Uint8Array): void {
    if (data.length === 0) return
    if (this.#held.length === 0) this.#held = Buffer.allocUnsafeSlow(BLOCK_BYTES)
    this.#held.set(data, this.#heldBytes)
    this.#heldBytes += data.length
  }
}
