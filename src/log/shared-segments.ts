/** The shared segments of the log: one active, some sealed with unsettled records, some empty to be used again. */

import { dirname } from 'node:path'
import type { DiskFile, Platform } from '../platform.ts'
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
  readonly #spare: string[] = []
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
    const { disk } = platform
    const segments = new SharedSegments(directory, platform, settings)
    await disk.makeDirectory(directory.shared)
    await disk.makeDirectory(directory.partitions)
    for (const { name } of await disk.list(directory.shared)) {
      const number = segmentNumber(name)
      if (number !== undefined) await segments.#openOne(number, damaged)
    }
    // What is found may have been made a moment before a crash: its name must not vanish once it holds records.
    for (const path of [directory.shared, directory.root, dirname(directory.root)]) {
      await disk.syncDirectory(path)
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

  /** Bytes of segments with unsettled records. */
  get usedBytes(): number {
    return this.#inUse.reduce((sum, segment) => sum + (segment.isSettled ? 0 : segment.end), 0)
  }

  /** The oldest sealed segment worth copying, while there are more than the settings allow. */
  get oldestBeyondLimit(): SharedSegment | undefined {
    const shared = this.#shared
    if (shared.length <= this.#countMax) return undefined
    return shared.find((segment) => segment.file === undefined && !segment.isSettled)
  }

  /** A segment to append to. Nothing is written to it yet. */
  async start(nowMs: number): Promise<SharedSegment> {
    const { file, path } = await this.#openFile()
    // Epochs follow the clock, so that they go on ascending in a log whose segments were all removed.
    this.#lastEpoch = nextEpoch(Math.max(this.#lastEpoch, nowMs), this.#platform.chance)
    const segment = new SharedSegment(path, this.#lastEpoch, this.#settings.segmentBytes, file)
    this.#inUse.push(segment)
    return segment
  }

  /** A segment that failed before it held an acknowledged record. */
  async discard(segment: SharedSegment): Promise<void> {
    this.#remove(segment)
    await this.#removeFile(segment.path)
  }

  /** Takes sealed segments without unsettled records out of use. */
  takeSettled(): readonly SharedSegment[] {
    const settled = this.#inUse.filter(
      (segment) => segment.file === undefined && segment.isSettled && !segment.isMoving,
    )
    for (const segment of settled) this.#remove(segment)
    return settled
  }

  /** Keeps the file for a new segment, or removes it when it failed or enough are kept. */
  async recycle(segment: SharedSegment): Promise<void> {
    const isUseful = segment.capacityBytes === this.#settings.segmentBytes && !segment.hasFailed
    if (isUseful && this.#shared.length + this.#spare.length < this.#countMax) this.#spare.push(segment.path)
    else await this.#removeFile(segment.path)
  }

  /** Segments that hold records of several partitions, or may do so yet. */
  get #shared(): readonly SharedSegment[] {
    return this.#inUse.filter((segment) => segment.file !== undefined || !segment.belongsToOne)
  }

  get #countMax(): number {
    return Math.max(2, Math.floor(this.#settings.sharedBytes / this.#settings.segmentBytes))
  }

  async #openFile(): Promise<{ readonly path: string; readonly file: DiskFile }> {
    const { disk } = this.#platform
    const spare = this.#spare.pop()
    if (spare !== undefined) {
      try {
        return { path: spare, file: await disk.open(spare, { create: true }) }
      } catch (error) {
        this.#spare.unshift(spare)
        throw error
      }
    }
    const path = this.#directory.sharedSegment(this.#lastNumber + 1)
    const file = await disk.open(path, { create: true })
    try {
      await disk.syncDirectory(this.#directory.shared)
    } catch (error) {
      await file.close()
      throw error
    }
    this.#lastNumber++
    return { path, file }
  }

  #remove(segment: SharedSegment): void {
    this.#inUse = this.#inUse.filter((other) => other !== segment)
  }

  /** A file that cannot be removed now costs its room until the log is opened again. */
  async #removeFile(path: string): Promise<void> {
    await this.#platform.disk.remove(path).catch(() => undefined)
  }

  async #openOne(
    number: number,
    damaged: (path: string, position: number, bytes: number) => void,
  ): Promise<void> {
    const path = this.#directory.sharedSegment(number)
    this.#lastNumber = Math.max(this.#lastNumber, number)
    const stored = await readSegment(this.#platform.disk, path)
    this.#lastEpoch = Math.max(this.#lastEpoch, stored?.header.epoch ?? 0)
    if (stored === undefined || stored.endOfFrames === FRAMES_START) {
      this.#spare.push(path)
      return
    }
    for (const { position, bytes } of stored.damage) damaged(path, position, bytes)
    const { epoch, capacityBytes } = stored.header
    const segment = new SharedSegment(path, epoch, capacityBytes)
    segment.committed(stored.runs, stored.endOfFrames)
    if (stored.footerPosition === undefined) {
      segment.file = await this.#platform.disk.open(path)
      // Records that were found but never synced will be delivered: from here on they must not vanish.
      await segment.file.datasync()
      await segment.seal()
    }
    this.#inUse.push(segment)
  }
}
