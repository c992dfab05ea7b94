/**
 * Segments that hold records of one partition only: where the records of slow deliveries wait, so that the shared
 * segments can be used again. Frames are copied and given the epoch of the segment they are now in.
 *
 * A move is safe at every step: until all it writes is synced, the shared segment keeps the records.
 *
 * 1. Frames are written behind those that are there, and synced.
 * 2. Then the footer is written below the last one, the trailer that points to it, and in a new file the header:
 *    without a header a file counts for nothing, and without a whole trailer it is scanned. Synced again.
 *
 * So a segment never has a hole where an interrupted move wrote, and each holds one run of offsets without a gap of
 * its own making: what stayed in a shared segment lies between two of them, not inside one.
 */

import type { DiskFile, Platform } from '../platform.ts'
import type { Offset, PartitionId } from '../record.ts'
import { restampFrame } from './frame.ts'
import { type LogDirectory, segmentNumber } from './log-directory.ts'
import { holds, type OwnSegment } from './partition-index.ts'
import { windows } from './repair.ts'
import { type Run, RunTable } from './run-table.ts'
import {
  encodeFooter,
  encodeSegmentHeader,
  encodeTrailer,
  FRAMES_START,
  footerBytes,
  nextEpoch,
  RUN_BYTES,
  TRAILER_BYTES,
} from './segment.ts'
import { readSegment, resyncSegment } from './stored-segment.ts'

interface Stored extends OwnSegment {
  readonly runs: RunTable
  readonly endOfFrames: number
  readonly capacityBytes: number
  /** Where the lowest footer begins: frames end here at the latest. */
  readonly limit: number
}

export class OwnSegments {
  readonly partition: PartitionId
  readonly #directory: LogDirectory
  readonly #platform: Platform
  readonly #capacityBytes: number
  /** By offset. Runs are kept of the last only, which may grow. */
  #segments: Stored[] = []
  /** Copying and trimming take turns. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(partition: PartitionId, directory: LogDirectory, platform: Platform, capacityBytes: number) {
    this.partition = partition
    this.#directory = directory
    this.#platform = platform
    this.#capacityBytes = capacityBytes
  }

  /** Reads what is there; `damaged` hears of what cannot be read. */
  async open(damaged: (path: string, position: number, bytes: number) => void): Promise<void> {
    const { disk } = this.#platform
    const directory = this.#directory.partition(this.partition)
    const found: Stored[] = []
    for (const { name } of await disk.list(directory)) {
      const number = segmentNumber(name)
      if (number === undefined) continue
      const path = this.#directory.ownSegment(this.partition, number)
      const stored = await readSegment(disk, path)
      for (const { position, bytes } of stored?.damage ?? []) damaged(path, position, bytes)
      if (stored === undefined) await this.#remove(path)
      if (stored === undefined || stored.runs.length === 0) continue
      const { header, runs, endOfFrames } = stored
      found.push({
        path,
        epoch: header.epoch,
        baseOffset: runs.at(0).baseOffset,
        endOffset: runs.at(runs.length - 1).endOffset,
        runs,
        endOfFrames,
        capacityBytes: header.capacityBytes,
        limit: stored.footerPosition ?? endOfFrames,
      })
    }
    for (const stored of found.sort((a, b) => a.endOffset - b.endOffset)) this.#put(stored)
  }

  get list(): readonly OwnSegment[] {
    return this.#segments.map(facts)
  }

  get endOffset(): Offset {
    return this.#segments.at(-1)?.endOffset ?? 0
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.endOfFrames, 0)
  }

  /** Whether a segment here has all records of the run. */
  holds(run: Run): boolean {
    return this.#segments.some((segment) => holds(segment, run))
  }

  /** Copies runs of a shared segment here, and syncs. Returns the segments that have their records. */
  copy(sourcePath: string, runs: readonly Run[], nowMs: number): Promise<readonly OwnSegment[]> {
    return this.#inTurn(async () => {
      for (let rest = runs.filter((run) => !this.holds(run)); rest.length > 0; ) {
        const target = this.#targetFor(rest[0]!, nowMs)
        const moved = fitting(target, rest)
        await this.#append(target, sourcePath, moved, nowMs)
        rest = rest.slice(moved.length)
      }
      return this.#segments.filter((segment) => runs.some((run) => overlap(segment, run))).map(facts)
    })
  }

  /** Removes segments whose records are all settled. One that cannot be removed now is tried again the next time. */
  trim(offset: Offset): Promise<void> {
    return this.#inTurn(async () => {
      while (this.#segments.length > 0 && this.#segments[0]!.endOffset <= offset) {
        if (!(await this.#remove(this.#segments[0]!.path))) return
        this.#segments.shift()
      }
    })
  }

  /** Makes sure of what an interrupted move left: frames are synced before anything points to them, the rest may not be. */
  async makeDurable(): Promise<void> {
    for (const { path } of this.#segments) await resyncSegment(this.#platform.disk, path)
    await this.#syncNames()
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  #put(stored: Stored): void {
    const others = this.#segments.filter(({ path }) => path !== stored.path).map(full)
    this.#segments = [...others, stored].sort((a, b) => a.endOffset - b.endOffset)
  }

  #targetFor(run: Run, nowMs: number): Stored {
    const last = this.#segments.at(-1)
    if (last?.endOffset === run.baseOffset && fitting(last, [run]).length > 0) return last
    const epoch = nextEpoch(Math.max(nowMs, ...this.#segments.map((own) => own.epoch)), this.#platform.chance)
    // A run may come from a larger segment than the settings ask for today.
    const capacityBytes = Math.max(this.#capacityBytes, FRAMES_START + run.bytes + footerBytes(1))
    return {
      path: this.#directory.ownSegment(this.partition, epoch),
      epoch,
      baseOffset: run.baseOffset,
      endOffset: run.baseOffset,
      runs: new RunTable(),
      endOfFrames: FRAMES_START,
      capacityBytes,
      limit: capacityBytes - TRAILER_BYTES,
    }
  }

  async #append(target: Stored, sourcePath: string, runs: readonly Run[], nowMs: number): Promise<void> {
    const { disk } = this.#platform
    const isNew = target.runs.length === 0
    if (isNew) await disk.makeDirectory(this.#directory.partition(this.partition))
    const source = await disk.open(sourcePath, { readOnly: true })
    try {
      const file = await disk.open(target.path, { create: isNew })
      try {
        this.#put(await write(file, target, source, runs, nowMs))
      } finally {
        await file.close()
      }
      if (isNew) await this.#syncNames()
    } catch (error) {
      // A file that failed is not written again.
      if (isNew) await this.#discard(target)
      else this.#put(full(target))
      throw error
    } finally {
      await source.close()
    }
  }

  async #discard({ path }: Stored): Promise<void> {
    this.#segments = this.#segments.filter((segment) => segment.path !== path)
    await this.#remove(path)
  }

  async #remove(path: string): Promise<boolean> {
    return this.#platform.disk.remove(path).then(
      () => true,
      () => false,
    )
  }

  async #syncNames(): Promise<void> {
    await this.#platform.disk.syncDirectory(this.#directory.partition(this.partition))
    await this.#platform.disk.syncDirectory(this.#directory.partitions)
  }
}

/** Carries out the two steps of a move on one file; what the segment is then. */
async function write(
  file: DiskFile,
  target: Stored,
  source: DiskFile,
  moved: readonly Run[],
  nowMs: number,
): Promise<Stored> {
  const { epoch, capacityBytes } = target
  const isNew = target.runs.length === 0
  const runs = new RunTable()
  for (const run of target.runs) runs.add(run)
  let endOfFrames = target.endOfFrames
  for (const run of moved) {
    await copyRun(source, run, file, endOfFrames, epoch)
    runs.add({ ...run, epoch, position: endOfFrames })
    endOfFrames += run.bytes
  }
  await file.datasync()
  const footer = encodeFooter(runs)
  const limit = target.limit - footer.length
  await file.write([footer], limit)
  await file.write(
    [encodeTrailer(epoch, footer, { footerPosition: limit, endOfFrames })],
    capacityBytes - TRAILER_BYTES,
  )
  if (isNew) await file.write([encodeSegmentHeader({ epoch, capacityBytes, createdAtMs: nowMs })], 0)
  await file.datasync()
  return { ...target, endOffset: runs.at(runs.length - 1).endOffset, runs, endOfFrames, limit }
}

/** Damaged frames are copied as they are: what of them can be read is for a person to say. */
async function copyRun(
  source: DiskFile,
  run: Run,
  file: DiskFile,
  position: number,
  epoch: number,
): Promise<void> {
  let copied = 0
  for await (const { bytes, frames } of windows(source, run.position, run.position + run.bytes, run.epoch)) {
    for (const { at, header } of frames) restampFrame(bytes.subarray(at, at + header.frameBytes), epoch)
    await file.write([bytes], position + copied)
    copied += bytes.length
  }
  if (copied < run.bytes) throw new Error(`A segment ends before its records do (epoch ${run.epoch}).`)
}

/** The first of `runs` that there is room for, as long as they follow each other. */
function fitting(target: Stored, runs: readonly Run[]): readonly Run[] {
  let end = target.endOfFrames
  let endOffset = target.endOffset
  let count = 0
  for (const run of runs) {
    const footer = (target.runs.length + count + 1) * RUN_BYTES
    if (run.baseOffset !== endOffset || end + run.bytes + footer > target.limit) break
    end += run.bytes
    endOffset = run.endOffset
    count++
  }
  return runs.slice(0, count)
}

/** The segment with no room for more. */
function full(segment: Stored): Stored {
  return { ...segment, runs: new RunTable(), limit: segment.endOfFrames }
}

function facts({ path, epoch, baseOffset, endOffset }: Stored): OwnSegment {
  return { path, epoch, baseOffset, endOffset }
}

function overlap(segment: OwnSegment, run: Run): boolean {
  return segment.baseOffset < run.endOffset && run.baseOffset < segment.endOffset
}
