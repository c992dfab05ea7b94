/** Storage for frames, used again: fresh buffers of megabytes cost page faults and garbage collection. */

import { Frame, frameBytes } from './frame.ts'

const SMALLEST_BYTES = 4096

export class FramePool {
  readonly #free = new Map<number, Buffer[]>()
  readonly #keepBytesMax: number
  #keptBytes = 0

  /** @param keepBytesMax  bytes of unused storage that are kept */
  constructor(keepBytesMax: number) {
    this.#keepBytesMax = keepBytesMax
  }

  take(recordCount: number, dataBytes: number): Frame {
    const size = sizeClass(frameBytes(recordCount, dataBytes))
    const kept = this.#free.get(size)?.pop()
    if (kept !== undefined) this.#keptBytes -= size
    return new Frame(kept ?? Buffer.allocUnsafeSlow(size), recordCount, dataBytes)
  }

  giveBack(frame: Frame): void {
    const storage = frame.storage
    if (this.#keptBytes + storage.length > this.#keepBytesMax) return
    this.#keptBytes += storage.length
    const free = this.#free.get(storage.length)
    if (free === undefined) this.#free.set(storage.length, [storage])
    else free.push(storage)
  }
}

/** Steps of a half power of two: at most a third of a storage is unused. */
function sizeClass(bytes: number): number {
  let size = SMALLEST_BYTES
  while (size < bytes) size = size * 1.5 >= bytes ? size * 1.5 : size * 2
  return size
}
