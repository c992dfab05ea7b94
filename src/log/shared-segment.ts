/** One shared segment as the writer sees it: appended to while active, then sealed, drained and used again. */

import type { DiskFile } from '../platform.ts'
import type { Offset, PartitionId } from '../record.ts'
import { type Run, RunTable } from './run-table.ts'
import { encodeFooter, encodeTrailer, FRAMES_START, footerBytes, TRAILER_BYTES } from './segment.ts'

interface Share {
  readonly runs: RunTable
  bytes: number
}

export class SharedSegment {
  readonly path: string
  readonly epoch: number
  readonly capacityBytes: number
  /** Behind the last frame that is on stable storage. */
  end: number = FRAMES_START
  /** Open while the segment is active. */
  file: DiskFile | undefined
  /** A write or sync failed: it is never written again. */
  hasFailed = false
  /** Its records are being copied: it must not be used again meanwhile, even if they are settled. */
  isMoving = false
  readonly #shares = new Map<PartitionId, Share>()
  #runCount = 0
  /** One above the last record of each partition that has unsettled records here. */
  readonly #unsettled = new Map<PartitionId, Offset>()

  constructor(path: string, epoch: number, capacityBytes: number, file?: DiskFile) {
    this.path = path
    this.epoch = epoch
    this.capacityBytes = capacityBytes
    this.file = file
  }

  /** Whether a frame fits, and the footer that grows with it, when `bytes` of `frames` others go before it. */
  hasRoom(bytes: number, frameBytes: number, frames: number): boolean {
    return this.end + bytes + frameBytes + footerBytes(this.#runCount + frames + 1) <= this.capacityBytes
  }

  /** These runs are on stable storage now. */
  committed(runs: Iterable<Run>, end: number): void {
    for (const run of runs) {
      const share = this.#share(run.partition)
      this.#runCount -= share.runs.length
      share.runs.add(run)
      share.bytes += run.bytes
      this.#runCount += share.runs.length
      this.#unsettled.set(run.partition, run.endOffset)
    }
    this.end = end
  }

  /** Writes footer and trailer. They are a convenience: if they cannot be written, opening the log scans instead. */
  async seal(): Promise<void> {
    const file = this.file
    this.file = undefined
    if (file === undefined) return
    const runs = new RunTable()
    for (const share of this.#shares.values()) for (const run of share.runs) runs.add(run)
    const footer = encodeFooter(runs)
    const trailer = encodeTrailer(this.epoch, footer, { footerPosition: this.end, endOfFrames: this.end })
    for (const partition of this.#shares.keys()) this.#forgetSettled(partition)
    try {
      await file.write([footer], this.end)
      await file.write([trailer], this.capacityBytes - TRAILER_BYTES)
    } catch {
      // A full or failing disk: the frames are safe, and the append path reports the disk.
    }
    await file.close().catch(() => undefined)
  }

  /** All of the partition below `offset` is settled, or the partition is gone (Infinity). */
  settle(partition: PartitionId, offset: Offset): void {
    const end = this.#unsettled.get(partition)
    if (end === undefined || end > offset) return
    this.#unsettled.delete(partition)
    if (this.file === undefined) this.#forgetSettled(partition)
  }

  /** Partitions with records here that are not settled, those with the least bytes first. */
  get partitions(): readonly PartitionId[] {
    return [...this.#unsettled.keys()].sort((a, b) => this.#share(a).bytes - this.#share(b).bytes)
  }

  get isSettled(): boolean {
    return this.#unsettled.size === 0
  }

  /** Most of the file is waiting records of one partition: copying them would gain nothing. */
  get belongsToOne(): boolean {
    if (this.#unsettled.size !== 1) return false
    const [partition] = this.#unsettled.keys()
    return this.#share(partition!).bytes * 2 >= this.end
  }

  /** Where records of the partition lie; none once it has no unsettled ones here. */
  runsOf(partition: PartitionId): readonly Run[] {
    return [...(this.#shares.get(partition)?.runs ?? [])]
  }

  /** Runs are many; those of settled records are needed for the footer only. */
  #forgetSettled(partition: PartitionId): void {
    if (!this.#unsettled.has(partition)) this.#shares.delete(partition)
  }

  #share(partition: PartitionId): Share {
    const known = this.#shares.get(partition)
    if (known !== undefined) return known
    const share = { runs: new RunTable(), bytes: 0 }
    this.#shares.set(partition, share)
    return share
  }
}
