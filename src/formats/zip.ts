/**
 * ZIP (PKWARE APPNOTE 6.3.9): exactly one deflated entry, whose name is a UUID. Sizes and checksum are known only at
 * the end, so they follow the data in a descriptor (general purpose bit 3) and stand in the central directory.
 */

import type { BodyEncoder } from './body.ts'
import { DeflateChunks } from './deflate-chunks.ts'

const VERSION_NEEDED = 20
const SIZES_FOLLOW = 0x0008
const DEFLATED = 8
/** 1 January 1980, the earliest that the format knows: the body says nothing of when it was made. */
const DOS_DATE = 0x0021

export class ZipEncoder implements BodyEncoder {
  readonly #deflate: DeflateChunks
  readonly #name: Buffer
  #isBegun = false

  /** @param name  of the entry */
  constructor(level: number, name: string) {
    this.#deflate = new DeflateChunks(level)
    this.#name = Buffer.from(name, 'ascii')
  }

  get heldBytes(): number {
    return this.#deflate.heldBytes
  }

  write(data: Uint8Array): readonly Uint8Array[] {
    return this.#begin(this.#deflate.write(data), false)
  }

  end(): readonly Uint8Array[] {
    const chunks = this.#begin(this.#deflate.end(), true)
    return [...chunks, this.#descriptor(), this.#centralDirectory()]
  }

  #begin(chunks: Uint8Array[], isEnd: boolean): Uint8Array[] {
    if (this.#isBegun || (chunks.length === 0 && !isEnd)) return chunks
    this.#isBegun = true
    return [this.#localHeader(), ...chunks]
  }

  #localHeader(): Buffer {
    const header = Buffer.alloc(30)
    header.writeUInt32LE(0x04034b50, 0)
    header.writeUInt16LE(VERSION_NEEDED, 4)
    header.writeUInt16LE(SIZES_FOLLOW, 6)
    header.writeUInt16LE(DEFLATED, 8)
    header.writeUInt16LE(DOS_DATE, 12)
    header.writeUInt16LE(this.#name.length, 26)
    return Buffer.concat([header, this.#name])
  }

  #descriptor(): Buffer {
    const descriptor = Buffer.alloc(16)
    descriptor.writeUInt32LE(0x08074b50, 0)
    descriptor.writeUInt32LE(this.#deflate.crc, 4)
    descriptor.writeUInt32LE(this.#deflate.outputBytes, 8)
    descriptor.writeUInt32LE(this.#deflate.inputBytes, 12)
    return descriptor
  }

  #centralDirectory(): Buffer {
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(VERSION_NEEDED, 4)
    entry.writeUInt16LE(VERSION_NEEDED, 6)
    entry.writeUInt16LE(SIZES_FOLLOW, 8)
    entry.writeUInt16LE(DEFLATED, 10)
    entry.writeUInt16LE(DOS_DATE, 14)
    entry.writeUInt32LE(this.#deflate.crc, 16)
    entry.writeUInt32LE(this.#deflate.outputBytes, 20)
    entry.writeUInt32LE(this.#deflate.inputBytes, 24)
    entry.writeUInt16LE(this.#name.length, 28)
    const end = Buffer.alloc(22)
    end.writeUInt32LE(0x06054b50, 0)
    end.writeUInt16LE(1, 8)
    end.writeUInt16LE(1, 10)
    end.writeUInt32LE(entry.length + this.#name.length, 12)
    end.writeUInt32LE(30 + this.#name.length + this.#deflate.outputBytes + 16, 16)
    return Buffer.concat([entry, this.#name, end])
  }
}
