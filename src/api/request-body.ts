/** Reads a request's body into pooled memory, bounded while it arrives, and hashes it on the way. */

import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** 4 MiB of records are 5.6 MB of base64, and 500 records have 5 KB of JSON around them. */
export const BODY_BYTES_MAX = 8 * 1024 * 1024
const SMALLEST_BYTES = 16 * 1024
const KEPT_BYTES_MAX = 32 * 1024 * 1024

export interface ReceivedBody {
  /** Valid until `release`. */
  readonly bytes: Buffer
  /** Hex; empty when it was not asked for. */
  readonly sha256: string
  release(): void
}

export class BodyTooLargeError extends Error {}
export class BodyAbortedError extends Error {}

export class RequestBodies {
  readonly #free = new Map<number, Buffer[]>()
  #keptBytes = 0

  /**
   * @throws {BodyTooLargeError} as soon as more arrives than may
   * @throws {BodyAbortedError} when the client goes away
   */
  receive(request: IncomingMessage, hashed: boolean): Promise<ReceivedBody> {
    const declared = Number(request.headers['content-length'] ?? 0)
    if (declared > BODY_BYTES_MAX) return Promise.reject(new BodyTooLargeError())
    const hash = hashed ? createHash('sha256') : undefined
    let storage = this.#take(Math.max(declared, SMALLEST_BYTES))
    let length = 0
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        this.#giveBack(storage)
        reject(error)
      }
      let isOver = false
      request.on('data', (chunk: Buffer) => {
        if (isOver) return
        const needed = length + chunk.length
        if (needed > BODY_BYTES_MAX) {
          isOver = true
          fail(new BodyTooLargeError())
          return
        }
        if (needed > storage.length) storage = this.#grow(storage, length, needed)
        chunk.copy(storage, length)
        hash?.update(chunk)
        length = needed
      })
      request.on('end', () => {
        if (isOver) return
        isOver = true
        const taken = storage
        resolve({
          bytes: taken.subarray(0, length),
          sha256: hash?.digest('hex') ?? '',
          release: () => this.#giveBack(taken),
        })
      })
      request.on('close', () => {
        if (isOver) return
        isOver = true
        fail(new BodyAbortedError())
      })
      request.on('error', () => undefined)
    })
  }

  #take(bytes: number): Buffer {
    let size = SMALLEST_BYTES
    while (size < bytes) size *= 2
    const kept = this.#free.get(size)?.pop()
    if (kept === undefined) return Buffer.allocUnsafeSlow(size)
    this.#keptBytes -= size
    return kept
  }

  #giveBack(storage: Buffer): void {
    if (this.#keptBytes + storage.length > KEPT_BYTES_MAX) return
    this.#keptBytes += storage.length
    const free = this.#free.get(storage.length)
    if (free === undefined) this.#free.set(storage.length, [storage])
    else free.push(storage)
  }

  /** A body without a declared length that outgrew its storage. */
  #grow(storage: Buffer, length: number, needed: number): Buffer {
    const grown = this.#take(Math.min(BODY_BYTES_MAX, Math.max(needed, storage.length * 2)))
    storage.copy(grown, 0, 0, length)
    this.#giveBack(storage)
    return grown
  }
}
