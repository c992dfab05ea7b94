/** The content of a file as pages, so that a file with a hole of megabytes costs nothing. */

export const PAGE_BYTES = 4096

export class SparseBytes {
  readonly #pages: Map<number, Buffer>
  size: number

  constructor(size = 0, pages: Iterable<readonly [number, Buffer]> = []) {
    this.size = size
    this.#pages = new Map(pages)
  }

  copy(): SparseBytes {
    return new SparseBytes(
      this.size,
      [...this.#pages].map(([page, bytes]) => [page, Buffer.from(bytes)] as const),
    )
  }

  /** Bytes of disk that the content takes. */
  get allocatedBytes(): number {
    return this.#pages.size * PAGE_BYTES
  }

  /** How many of `length` bytes at `position` can be written when only `roomBytes` may be allocated. */
  writable(position: number, length: number, roomBytes: number): number {
    let room = roomBytes
    for (let at = position; at < position + length; at = nextPage(at)) {
      if (this.#pages.has(pageOf(at))) continue
      room -= PAGE_BYTES
      if (room < 0) return at - position
    }
    return length
  }

  write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      const at = position + done
      const piece = bytes.subarray(done, done + nextPage(at) - at)
      this.#page(pageOf(at)).set(piece, at % PAGE_BYTES)
      done += piece.length
    }
    this.size = Math.max(this.size, position + bytes.length)
  }

  /** Fills `target` from `position`; returns the bytes read. */
  read(target: Uint8Array, position: number): number {
    const length = Math.max(0, Math.min(target.length, this.size - position))
    for (let done = 0; done < length; ) {
      const at = position + done
      const piece = target.subarray(done, Math.min(length, done + nextPage(at) - at))
      const page = this.#pages.get(pageOf(at))
      if (page === undefined) piece.fill(0)
      else piece.set(page.subarray(at % PAGE_BYTES, (at % PAGE_BYTES) + piece.length))
      done += piece.length
    }
    return length
  }

  truncate(size: number): void {
    if (size < this.size) {
      for (const page of this.#pages.keys()) if (page * PAGE_BYTES >= size) this.#pages.delete(page)
      this.#pages.get(pageOf(size))?.fill(0, size % PAGE_BYTES)
    }
    this.size = size
  }

  #page(number: number): Buffer {
    const known = this.#pages.get(number)
    if (known !== undefined) return known
    const page = Buffer.alloc(PAGE_BYTES)
    this.#pages.set(number, page)
    return page
  }
}

function pageOf(position: number): number {
  return Math.floor(position / PAGE_BYTES)
}

function nextPage(position: number): number {
  return (pageOf(position) + 1) * PAGE_BYTES
}
