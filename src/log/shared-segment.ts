/** One shared segment as the writer sees it: appended to while active, then sealed, drained and used again. */

import type { DiskFile } from '../platform.ts'
import type { Offset, PartitionId } from '../record.ts'
import { type Run, RunTable } from './run-table.ts'
import { encodeFooter, encodeTrailer, FRAMES_START, footerBytes, TRAILER_BYTES } from './segment.ts'

export class SharedSegment {
  readonly path: string
  readonly epoch: number
  readonly capacityBytes: number
  /** Behind the last frame that is on stable storage. */
  end: number
  runs: RunTable
  /** Open while the segment is active. */
  file: DiskFile | undefined
  /** One above the last unsettled record of each partition that has some here. */
  readonly #unsettled = new Map<PartitionId, Offset>()

  constructor(
    path: string,
    epoch: number,
    capacityBytes: number,
    state: { file?: DiskFile; runs?: RunTable; end?: number } = {},
  ) {
    this.path = path
    this.epoch = epoch
    this.capacityBytes = capacityBytes
    this.file = state.file
    this.runs = state.runs ?? new RunTable()
    this.end = state.end ?? FRAMES_START
  }

  /** Whether a frame fits, and the footer that grows with it, when `bytes` of others go before it. */
  hasRoom(bytes: number, frameBytes: number, newRuns: number): boolean {
    const runs = this.runs.length + newRuns + 1
    return this.end + bytes + frameBytes + footerBytes(runs) <= this.capacityBytes
  }

  /** These runs are on stable storage now. */
  committed(runs: Iterable<Run>, end: number): void {
    for (const run of runs) {
      this.runs.add(run)
      this.#unsettled.set(run.partition, run.endOffset)
    }
    this.end = end
  }

  /** Writes footer and trailer. They are a convenience: if they cannot be written, opening the log scans instead. */
  async seal(): Promise<void> {
    const file = this.file
    this.file = undefined
    if (file === undefined) return
    try {
      const footer = encodeFooter({ runs: this.runs, endOfFrames: this.end })
      const trailer = encodeTrailer(this.epoch, footer, this.end)
      await file.write([footer], this.end)
      await file.write([trailer], this.capacityBytes - TRAILER_BYTES)
    } catch {
      // A full or failing disk: the frames are safe, and the append path reports the disk.
    } finally {
      await file.close()
    }
  }

  /** All of the partition below `offset` is settled, or the partition is gone (Infinity). */
  settle(partition: PartitionId, offset: Offset): void {
    const end = this.#unsettled.get(partition)
    if (end !== undefined && end <= offset) this.#unsettled.delete(partition)
  }

  /** Partitions with records here that are not settled. */
  get partitions(): Iterable<PartitionId> {
    return this.#unsettled.keys()
  }

  get isSettled(): boolean {
    return this.#unsettled.size === 0
  }

  runsOf(partition: PartitionId): readonly Run[] {
    return [...this.runs].filter((run) => run.partition === partition)
  }
}
