/**
 * A body, or a part of one, on its way to S3. It is read twice: for the digests that the headers of the request carry,
 * and to be sent. So it is never held in memory as a whole, and the SDK neither copies nor hashes it.
 */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import type { Body } from '../../formats/body.ts'

const READ_AHEAD_BYTES = 64 * 1024

export interface Payload {
  readonly length: number
  /** Base64 of four bytes, big-endian, as in `x-amz-checksum-crc32`. */
  readonly crc32: string
  /** The bytes, for one request; `digestOf` knows the stream. */
  open(): Readable
}

/** Bytes of `body` from `from` up to `to`. */
export async function readPayload(body: Body, from = 0, to = body.length): Promise<Payload> {
  const sha256 = createHash('sha256')
  let crc = 0
  let length = 0
  for await (const chunk of body.read(from, to)) {
    sha256.update(chunk)
    crc = crc32(chunk, crc)
    length += chunk.length
  }
  assert.equal(length, to - from, 'a body has the length that it says')
  const crcBytes = Buffer.alloc(4)
  crcBytes.writeUInt32BE(crc)
  const digest = sha256.digest('hex')
  return {
    length,
    crc32: crcBytes.toString('base64'),
    open: () => {
      // Counted in bytes: sixteen chunks, as streams of objects read ahead, can be 16 MiB.
      const options = { objectMode: false, highWaterMark: READ_AHEAD_BYTES }
      const stream = Readable.from(body.read(from, to), options)
      digests.set(stream, digest)
      return stream
    },
  }
}

/** By the streams that are to be sent. */
const digests = new WeakMap<object, string>()

/** SHA-256 of what `stream` will send; undefined for what is not the stream of a payload. */
export function digestOf(stream: unknown): string | undefined {
  return typeof stream === 'object' && stream !== null ? digests.get(stream) : undefined
}
