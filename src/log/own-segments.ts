/**
 * Segments that hold records of one partition only: where the records of slow deliveries wait, so that the shared
 * segments can be used again. Frames are copied as they are, with the epochs they came with.
 *
 * A move is safe at every step: what it writes is synced before the shared segment is used again, and until then
 * the records are in both places, of which the index takes the first.
 */

import type { Platform } from '../platform.ts'
import type { Offset, PartitionId } from '../record.ts'
import { type LogDirectory, segmentNumber } from './log-directory.ts'
import type { OwnSegment } from './partition-index.ts'
import { type Run, RunTable } from './run-table.ts'
import {
  encodeFooter,
  encodeSegmentHeader,
  encodeTrailer,
  FRAMES_START,
  footerBytes,
  nextEpoch,
  TRAILER_BYTES,
} from './segment.ts'
import { readSegment } from './stored-segment.ts'

const COPY_BYTES = 1024 * 1024

interface Stored extends OwnSegment {
  readonly runs: RunTable
  readonly endOfFrames: number
  readonly capacityBytes: number
}

export class OwnSegments {
  readonly partition: PartitionId
  readonly #directory: LogDirectory
  readonly #platform: Platform
  readonly #capacityBytes: number
  #segments: Stored[] = []

  constructor(partition: PartitionId, directory: LogDirectory, platform: Platform, capacityBytes: number) {
    this.partition = partition
    this.#directory = directory
    this.#platform = platform
    this.#capacityBytes = capacityBytes
  }

  /** Reads what is there; `damaged` hears of what cannot be read. */
  async open(damaged: (path: string, position: number, bytes: number) => void): Promise<void> {
    const directory = this.#directory.partition(this.partition)
    const entries = await this.#platform.disk.list(directory)
    const bases = entries.map((entry) => segmentNumber(entry.name)).filter((base) => base !== undefined)
    for (const base of bases.sort((a, b) => a - b)) {
      const path = this.#directory.ownSegment(this.partition, base)
      const stored = await readSegment(this.#platform.disk, path, { anyEpoch: true })
      for (const { position, bytes } of stored?.damage ?? []) damaged(path, position, bytes)
      if (stored === undefined) continue
      const runs = new RunTable()
      for (const run of stored.runs) if (run.partition === this.partition) runs.add(run)
      if (runs.length === 0) continue
      this.#segments.push({
        path,
        epoch: stored.header.epoch,
        baseOffset: runs.at(0).baseOffset,
        endOffset: runs.at(runs.length - 1).endOffset,
        runs,
        endOfFrames: stored.endOfFrames,
        capacityBytes: stored.header.capacityBytes,
      })
    }
  }

  get list(): readonly OwnSegment[] {
    return this.#segments.map(({ path, epoch, baseOffset, endOffset }) => ({
      path,
      epoch,
      baseOffset,
      endOffset,
    }))
  }

  get endOffset(): Offset {
    return this.#segments.at(-1)?.endOffset ?? 0
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.endOfFrames, 0)
  }

  /** Moves a whole shared segment here by its name; only for one that nobody else has unsettled records in. */
  async adopt(path: string, epoch: number, runs: readonly Run[], endOfFrames: number): Promise<OwnSegment> {
    const { disk } = this.#platform
    const table = new RunTable()
    for (const run of runs) table.add(run)
    const baseOffset = table.at(0).baseOffset
    const own = this.#directory.ownSegment(this.partition, baseOffset)
    await disk.makeDirectory(this.#directory.partition(this.partition))
    await disk.rename(path, own)
    await disk.syncDirectory(this.#directory.partition(this.partition))
    await disk.syncDirectory(this.#directory.shared)
    const endOffset = table.at(table.length - 1).endOffset
    this.#segments.push({
      path: own,
      epoch,
      baseOffset,
      endOffset,
      runs: table,
      // Full: what comes later goes to a new file.
      endOfFrames,
      capacityBytes: endOfFrames,
    })
    return { path: own, epoch, baseOffset, endOffset }
  }

  /** Copies these runs of a shared segment behind what is here, and syncs. */
  async copy(sourcePath: string, runs: readonly Run[], nowMs: number): Promise<readonly OwnSegment[]> {
    const written: OwnSegment[] = []
    let rest = runs.filter((run) => run.endOffset > this.endOffset)
    while (rest.length > 0) {
      const last = this.#segments.at(-1)
      const taken = last === undefined ? [] : fitting(last, rest)
      const target = taken.length > 0 ? last! : this.#fresh(rest[0]!.baseOffset)
      const moved = taken.length > 0 ? taken : fitting(target, rest)
      const stored = await this.#append(target, sourcePath, moved, nowMs)
      if (taken.length > 0) this.#segments.pop()
      this.#segments.push(stored)
      written.push(stored)
      rest = rest.slice(moved.length)
    }
    return written
  }

  /** Removes segments whose records are all settled. */
  async trim(offset: Offset): Promise<void> {
    while (this.#segments.length > 0 && this.#segments[0]!.endOffset <= offset) {
      const { path } = this.#segments.shift()!
      await this.#platform.disk.remove(path)
    }
  }

  #fresh(baseOffset: Offset): Stored {
    return {
      path: this.#directory.ownSegment(this.partition, baseOffset),
      epoch: nextEpoch(this.#segments.at(-1)?.epoch ?? 0, this.#platform.chance),
      baseOffset,
      endOffset: baseOffset,
      runs: new RunTable(),
      endOfFrames: FRAMES_START,
      capacityBytes: this.#capacityBytes,
    }
  }

  async #append(target: Stored, sourcePath: string, runs: readonly Run[], nowMs: number): Promise<Stored> {
    const { disk } = this.#platform
    const isNew = target.runs.length === 0
    if (isNew) await disk.makeDirectory(this.#directory.partition(this.partition))
    const source = await disk.open(sourcePath, { readOnly: true })
    const file = await disk.open(target.path, { create: isNew })
    try {
      const { epoch, capacityBytes } = target
      if (isNew) await file.write([encodeSegmentHeader({ epoch, capacityBytes, createdAtMs: nowMs })], 0)
      const table = new RunTable()
      for (const run of target.runs) table.add(run)
      let end = target.endOfFrames
      const buffer = Buffer.allocUnsafe(COPY_BYTES)
      for (const run of runs) {
        table.add({ ...run, epoch, position: end })
        for (let done = 0; done < run.bytes; ) {
          const piece = buffer.subarray(0, Math.min(buffer.length, run.bytes - done))
          const length = await source.read(piece, run.position + done)
          if (length < piece.length) throw new Error(`${sourcePath} ends before its records do.`)
          await file.write([piece], end + done)
          done += length
        }
        end += run.bytes
      }
      const footer = encodeFooter({ runs: table, endOfFrames: end })
      await file.write([footer], end)
      await file.write([encodeTrailer(epoch, footer, end)], capacityBytes - TRAILER_BYTES)
      await file.datasync()
      if (isNew) {
        await disk.syncDirectory(this.#directory.partition(this.partition))
        await disk.syncDirectory(this.#directory.partitions)
      }
      const endOffset = table.at(table.length - 1).endOffset
      return { ...target, endOffset, runs: table, endOfFrames: end }
    } finally {
      await source.close()
      await file.close()
    }
  }
}

/** The first of `runs` that there is room for. */
function fitting(target: Stored, runs: readonly Run[]): readonly Run[] {
  let bytes = 0
  let count = 0
  for (const run of runs) {
    const footer = footerBytes(target.runs.length + count + 1)
    if (target.endOfFrames + bytes + run.bytes + footer > target.capacityBytes) break
    bytes += run.bytes
    count++
  }
  return runs.slice(0, count)
}
