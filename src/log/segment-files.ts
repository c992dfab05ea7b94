/** Segments that are open for reading: a bounded number, the one not used for longest is closed first. */

import type { Disk, DiskFile } from '../platform.ts'

interface OpenSegment {
  readonly file: Promise<DiskFile>
  users: number
  /** Called when the last user is done, once somebody waits for that. */
  idle?: () => void
}

export class SegmentFiles {
  readonly #disk: Disk
  readonly #openMax: number
  readonly #paths = new Map<number, string>()
  /** In order of use, the latest last. */
  readonly #open = new Map<string, OpenSegment>()

  constructor(disk: Disk, openMax: number) {
    this.#disk = disk
    this.#openMax = openMax
  }

  /** Says which file the shared segment of this epoch is. */
  register(epoch: number, path: string): void {
    this.#paths.set(epoch, path)
  }

  /** The segment will be used again: resolves when nobody reads it any more. */
  async forget(epoch: number): Promise<void> {
    const path = this.#paths.get(epoch)
    this.#paths.delete(epoch)
    if (path !== undefined) await this.#close(path)
  }

  pathOf(epoch: number): string {
    const path = this.#paths.get(epoch)
    if (path === undefined) throw new Error(`No segment of epoch ${epoch} is known.`)
    return path
  }

  async use<T>(path: string, action: (file: DiskFile) => Promise<T>): Promise<T> {
    const segment = this.#take(path)
    segment.users++
    try {
      return await action(await segment.file)
    } finally {
      segment.users--
      if (segment.users === 0) segment.idle?.()
    }
  }

  /** The file is gone: keeping it open would keep its room on the disk. */
  release(path: string): void {
    void this.#close(path)
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((path) => this.#close(path)))
  }

  #take(path: string): OpenSegment {
    const known = this.#open.get(path)
    const segment = known ?? { file: this.#disk.open(path, { readOnly: true }), users: 0 }
    this.#open.delete(path)
    this.#open.set(path, segment)
    if (known === undefined) {
      segment.file.catch(() => {
        if (this.#open.get(path) === segment) this.#open.delete(path)
      })
      this.#closeOldest()
    }
    return segment
  }

  #closeOldest(): void {
    for (const [path, segment] of this.#open) {
      if (this.#open.size <= this.#openMax) return
      if (segment.users === 0) void this.#close(path)
    }
  }

  async #close(path: string): Promise<void> {
    const segment = this.#open.get(path)
    if (segment === undefined) return
    this.#open.delete(path)
    if (segment.users > 0) {
      await new Promise<void>((resolve) => {
        segment.idle = resolve
      })
    }
    const file = await segment.file.catch(() => undefined)
    await file?.close().catch(() => undefined)
  }
}
