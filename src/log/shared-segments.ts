/** The shared segments of the log: one active, some sealed with unsettled records, some empty to be used again. */

import type { Platform } from '../platform.ts'
import { type LogDirectory, segmentNumber } from './log-directory.ts'
import { FRAMES_START, nextEpoch } from './segment.ts'
import { SharedSegment } from './shared-segment.ts'
import { readSegment } from './stored-segment.ts'

export interface SharedSegmentSettings {
  readonly segmentBytes: number
  readonly sharedBytes: number
}

export class SharedSegments {
  readonly #directory: LogDirectory
  readonly #platform: Platform
  readonly #settings: SharedSegmentSettings
  /** By epoch, ascending; the active one is last. */
  #inUse: SharedSegment[] = []
  #spare: string[] = []
  #lastEpoch = 0
  #lastNumber = 0

  private constructor(directory: LogDirectory, platform: Platform, settings: SharedSegmentSettings) {
    this.#directory = directory
    this.#platform = platform
    this.#settings = settings
  }

  /** Finds the segments and repairs those that were not sealed. Appending goes on in a fresh one. */
  static async open(
    directory: LogDirectory,
    platform: Platform,
    settings: SharedSegmentSettings,
    damaged: (path: string, position: number, bytes: number) => void,
  ): Promise<SharedSegments> {
    const segments = new SharedSegments(directory, platform, settings)
    await platform.disk.makeDirectory(directory.shared)
    await platform.disk.makeDirectory(directory.partitions)
    await platform.disk.syncDirectory(directory.root)
    for (const { name } of await platform.disk.list(directory.shared)) {
      const number = segmentNumber(name)
      if (number !== undefined) await segments.#openOne(number, damaged)
    }
    segments.#inUse.sort((a, b) => a.epoch - b.epoch)
    return segments
  }

  get inUse(): readonly SharedSegment[] {
    return this.#inUse
  }

  /** The segment that takes appends; undefined after opening and after a failure. */
  get active(): SharedSegment | undefined {
    const last = this.#inUse.at(-1)
    return last?.file === undefined ? undefined : last
  }

  get usedBytes(): number {
    return this.#inUse.reduce((sum, segment) => sum + segment.end, 0)
  }

  /** The oldest sealed segment while there are more than the settings allow. */
  get oldestBeyondLimit(): SharedSegment | undefined {
    const most = Math.max(2, Math.floor(this.#settings.sharedBytes / this.#settings.segmentBytes))
    if (this.#inUse.length <= most) return undefined
    return this.#inUse.find((segment) => segment.file === undefined && !segment.isSettled)
  }

  async start(nowMs: number): Promise<SharedSegment> {
    const spare = this.#spare.pop()
    const path = spare ?? this.#directory.sharedSegment(this.#lastNumber + 1)
    const file = await this.#platform.disk.open(path, { create: true }).catch((error: unknown) => {
      if (spare !== undefined) this.#spare.push(spare)
      throw error
    })
    if (spare === undefined) {
      this.#lastNumber++
      await this.#platform.disk.syncDirectory(this.#directory.shared)
    }
    // Epochs follow the clock, so that they go on ascending in a log whose segments were all removed.
    this.#lastEpoch = nextEpoch(Math.max(this.#lastEpoch, nowMs), this.#platform.chance)
    const segment = new SharedSegment(path, this.#lastEpoch, this.#settings.segmentBytes, { file })
    this.#inUse.push(segment)
    return segment
  }

  /** A segment that never held an acknowledged record: its file serves again. */
  discard(segment: SharedSegment): void {
    this.remove(segment)
    this.#spare.push(segment.path)
  }

  remove(segment: SharedSegment): void {
    this.#inUse = this.#inUse.filter((other) => other !== segment)
  }

  /** Takes sealed segments without unsettled records out of use. */
  takeSettled(): readonly SharedSegment[] {
    const settled = this.#inUse.filter((segment) => segment.file === undefined && segment.isSettled)
    for (const segment of settled) this.remove(segment)
    return settled
  }

  /** Keeps the file for a new segment, or removes it when enough are kept. */
  async recycle(segment: SharedSegment): Promise<void> {
    const kept = this.#inUse.length + this.#spare.length
    const isUseful = segment.capacityBytes === this.#settings.segmentBytes
    if (isUseful && (kept + 1) * this.#settings.segmentBytes <= this.#settings.sharedBytes) {
      this.#spare.push(segment.path)
      return
    }
    await this.#platform.disk.remove(segment.path)
  }

  async #openOne(
    number: number,
    damaged: (path: string, position: number, bytes: number) => void,
  ): Promise<void> {
    const path = this.#directory.sharedSegment(number)
    this.#lastNumber = Math.max(this.#lastNumber, number)
    const stored = await readSegment(this.#platform.disk, path, { anyEpoch: false })
    if (stored === undefined || stored.endOfFrames === FRAMES_START) {
      this.#lastEpoch = Math.max(this.#lastEpoch, stored?.header.epoch ?? 0)
      this.#spare.push(path)
      return
    }
    for (const { position, bytes } of stored.damage) damaged(path, position, bytes)
    const { epoch, capacityBytes } = stored.header
    this.#lastEpoch = Math.max(this.#lastEpoch, epoch)
    const segment = new SharedSegment(path, epoch, capacityBytes, { end: stored.endOfFrames })
    segment.committed(stored.runs, stored.endOfFrames)
    if (!stored.sealed) {
      segment.file = await this.#platform.disk.open(path)
      // Records that were found but never synced will be delivered: from here on they must not vanish.
      await segment.file.datasync()
      await segment.seal()
    }
    this.#inUse.push(segment)
  }
}
