/** Object bodies for tests. */

import type { Body } from '../../src/formats/body.ts'

/** A body that lies in memory, read in chunks of `chunkBytes`. */
export function bodyOf(content: Uint8Array | string, chunkBytes = 64 * 1024): Body {
  const bytes = Buffer.from(content)
  return {
    length: bytes.length,
    async *read(from = 0, to = bytes.length) {
      for (let at = from; at < to; at += chunkBytes) yield bytes.subarray(at, Math.min(to, at + chunkBytes))
    },
  }
}

/** Bytes that do not repeat, so that parts in the wrong order are noticed; the same for the same seed. */
export function numberedBytes(length: number, seed = 0): Buffer {
  const bytes = Buffer.alloc(length + 4)
  for (let at = 0; at < length; at += 4) bytes.writeUInt32LE((at + seed * 0x9e3779b1) >>> 0, at)
  return bytes.subarray(0, length)
}
