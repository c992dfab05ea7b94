/**
 * The log of one machine. All puts of all delivery streams go to one active segment: a group is one write and one
 * `fdatasync`, however many streams it is of (log-writer.ts).
 *
 * Invariants
 * 1. `append` resolves only after the frame is on stable storage.
 * 2. Offsets of a partition ascend in the order of the segments' epochs and of positions in them. An offset is
 *    given once: those of a group that failed are left out.
 * 3. A segment is used again only when every record in it is settled or lies, synced, in a segment of its partition.
 * 4. A segment that failed to write or sync is never written again: the next group goes to another.
 */

import { LogUnavailableError } from '../errors.ts'
import type { LogObserver } from '../observability/events.ts'
import type { Platform } from '../platform.ts'
import type { Offset, PartitionId } from '../record.ts'
import type { DataKeys } from './data-keys.ts'
import { FRAME_BYTES_MAX, type Frame, TAG_BYTES } from './frame.ts'
import { FramePool } from './frame-pool.ts'
import type { Log, LogCondition } from './log.ts'
import type { LogDirectory } from './log-directory.ts'
import { LogWriter, type Numbered } from './log-writer.ts'
import { OwnSegments } from './own-segments.ts'
import type { OwnSegment } from './partition-index.ts'
import { RunTable } from './run-table.ts'
import { FRAMES_START, footerBytes } from './segment.ts'
import type { SharedSegment } from './shared-segment.ts'
import { SharedSegments } from './shared-segments.ts'

const POOL_BYTES_MAX = 32 * 1024 * 1024
/** Partitions opened at once: each takes a file handle. */
const OPENING_MAX = 16

export interface LogSettings {
  readonly quotaBytes: number
  readonly segmentBytes: number
  readonly sharedBytes: number
}

/** Who delivers hears what happened to records, in this order of calls. */
export interface LogListener {
  /** A new shared segment: runs of this epoch will follow. */
  segmentStarted(epoch: number, path: string): void
  /** Records are on stable storage. */
  committed(runs: RunTable): void
  /** Unsettled runs of shared segment `epoch` lie in these segments now; some of them may have grown. */
  moved(partition: PartitionId, epoch: number, segments: readonly OwnSegment[]): void
  /** All records of the shared segment are settled or moved. Resolves when nobody reads it any more. */
  segmentEnded(epoch: number): Promise<void>
}

/** What a reader of a partition needs to begin with. */
export interface PartitionSnapshot {
  readonly partition: PartitionId
  readonly own: readonly OwnSegment[]
  readonly shared: RunTable
}

interface PartitionState extends Numbered {
  readonly own: OwnSegments
  /** All below is settled. */
  settled: Offset
}

/** A partition that exists, with the offset below which all is settled and the lowest that may be given. */
export interface KnownPartition {
  readonly id: PartitionId
  readonly settled: Offset
  readonly next: Offset
}

export interface EmbeddedLogOptions {
  readonly directory: LogDirectory
  readonly platform: Platform
  readonly settings: LogSettings
  readonly keys: DataKeys
  readonly observer: LogObserver
}

export class EmbeddedLog implements Log {
  readonly #options: EmbeddedLogOptions
  readonly #pool = new FramePool(POOL_BYTES_MAX)
  readonly #partitions = new Map<PartitionId, PartitionState>()
  readonly #segments: SharedSegments
  readonly #writer: LogWriter
  #listener: LogListener | undefined
  #moving: Promise<void> | undefined
  /** Why records stay in shared segments longer than they should. */
  #moveFailure: string | undefined
  #isOverQuota = false
  /** Bytes of all segments of single partitions; counted when they change, because there may be thousands. */
  #ownBytes = 0
  #isClosed = false
  #reportedReason: string | undefined

  private constructor(options: EmbeddedLogOptions, segments: SharedSegments) {
    this.#options = options
    this.#segments = segments
    this.#writer = new LogWriter({
      platform: options.platform,
      segments,
      keys: options.keys,
      pool: this.#pool,
      observer: options.observer,
      committed: (segment, runs, isFirst) => this.#committed(segment, runs, isFirst),
      sealed: () => {
        this.#moveOldest()
        void this.#reclaim()
      },
      changed: () => this.#reportCondition(),
    })
  }

  /**
   * Opens the log of a data directory and repairs what a crash left.
   *
   * @throws {OperatorError} for files of a version that this Hydrant does not know
   */
  static async open(options: EmbeddedLogOptions, partitions: Iterable<KnownPartition>): Promise<EmbeddedLog> {
    const damaged = options.observer.damaged.bind(options.observer)
    const segments = await SharedSegments.open(options.directory, options.platform, options.settings, damaged)
    const log = new EmbeddedLog(options, segments)
    await log.#openPartitions(partitions)
    for (const segment of segments.inUse) await log.#settleKnown(segment)
    await log.#reclaim()
    log.#countOwnBytes()
    log.#reportSize()
    return log
  }

  listen(listener: LogListener): void {
    this.#listener = listener
    for (const { epoch, path } of this.#segments.inUse) listener.segmentStarted(epoch, path)
  }

  addPartition(id: PartitionId): void {
    this.#newPartition({ id, settled: 0, next: 0 })
  }

  /** Forgets a partition whose stream was deleted, and removes its files. */
  async removePartition(id: PartitionId): Promise<void> {
    this.#partitions.delete(id)
    for (const segment of this.#segments.inUse) segment.settle(id, Infinity)
    await this.#moving
    await this.#options.platform.disk.remove(this.#options.directory.partition(id))
    this.#countOwnBytes()
    await this.#reclaim()
    this.#reportSize()
  }

  frame(recordCount: number, dataBytes: number): Frame {
    return this.#pool.take(recordCount, dataBytes)
  }

  release(frame: Frame): void {
    this.#pool.giveBack(frame)
  }

  async append(partition: PartitionId, frame: Frame): Promise<Offset> {
    const state = this.#partitions.get(partition)
    const refusal = state === undefined ? `Partition ${partition} was removed.` : this.#refusal
    if (state === undefined || refusal !== undefined) {
      this.#pool.giveBack(frame)
      throw new LogUnavailableError(refusal ?? '')
    }
    if (frame.bytes.length + TAG_BYTES > this.#frameBytesMax) {
      this.#pool.giveBack(frame)
      throw new Error('A put is larger than a frame may be.')
    }
    return this.#writer.append(state, frame)
  }

  condition(): LogCondition {
    const reason = this.#isOverQuota ? this.#quotaReason : this.#writer.failure
    return reason === undefined ? { accepting: true } : { accepting: false, reason }
  }

  /**
   * All of the partition below `offset`, the lowest still open, is delivered, dropped or backed up: it may go. A disk
   * that cannot remove files now is no error: they go later.
   */
  async checkpoint(partition: PartitionId, offset: Offset): Promise<void> {
    const state = this.#partitions.get(partition)
    if (state === undefined || offset <= state.settled) return
    state.settled = offset
    for (const segment of this.#segments.inUse) segment.settle(partition, offset)
    await this.#trim(state)
    await this.#reclaim()
    this.#reportSize()
  }

  snapshot(partition: PartitionId): PartitionSnapshot {
    const shared = new RunTable()
    for (const segment of this.#segments.inUse) for (const run of segment.runsOf(partition)) shared.add(run)
    return { partition, own: this.#partitions.get(partition)?.own.list ?? [], shared }
  }

  /** The offset that the next record of the partition is given. */
  endOffset(partition: PartitionId): Offset {
    return this.#partitions.get(partition)?.nextOffset ?? 0
  }

  /** Bytes on disk in segments that hold unsettled records. */
  get usedBytes(): number {
    return this.#segments.usedBytes + this.#ownBytes
  }

  /** Takes nothing more, and ends when all that was taken is answered. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#writer.close()
    await this.#moving
  }

  get #frameBytesMax(): number {
    return Math.min(FRAME_BYTES_MAX, this.#options.settings.segmentBytes - FRAMES_START - footerBytes(1))
  }

  async #openPartitions(partitions: Iterable<KnownPartition>): Promise<void> {
    const damaged = this.#options.observer.damaged.bind(this.#options.observer)
    const waiting = partitions[Symbol.iterator]()
    const openNext = async (): Promise<void> => {
      for (let next = waiting.next(); !next.done; next = waiting.next()) {
        const state = this.#newPartition(next.value)
        await state.own.open(damaged)
        await state.own.trim(state.settled)
        state.nextOffset = Math.max(state.nextOffset, state.own.endOffset)
      }
    }
    await Promise.all(Array.from({ length: OPENING_MAX }, openNext))
  }

  /** Says of a segment that was found what is settled, or was moved, before. */
  async #settleKnown(segment: SharedSegment): Promise<void> {
    for (const id of segment.partitions) {
      const state = this.#partitions.get(id)
      const runs = segment.runsOf(id)
      if (state !== undefined) state.nextOffset = Math.max(state.nextOffset, runs.at(-1)?.endOffset ?? 0)
      segment.settle(id, state?.settled ?? Infinity)
      if (state === undefined || !runs.every((run) => state.own.holds(run))) continue
      // Moved, and perhaps a moment before the crash: the copies must not vanish once this segment is used again.
      await state.own.makeDurable()
      segment.settle(id, Infinity)
    }
  }

  #newPartition({ id, settled, next }: KnownPartition): PartitionState {
    const { directory, settings, platform } = this.#options
    const own = new OwnSegments(id, directory, platform, settings.segmentBytes)
    const state = { id, own, nextOffset: Math.max(next, settled), settled }
    this.#partitions.set(id, state)
    return state
  }

  get #refusal(): string | undefined {
    return this.#isClosed ? 'The server is shutting down.' : this.condition().reason
  }

  get #quotaReason(): string {
    const quota = `Undelivered records reached the quota of ${this.#options.settings.quotaBytes} bytes (log.quota).`
    return this.#moveFailure === undefined ? quota : `${quota} ${this.#moveFailure}`
  }

  #committed(segment: SharedSegment, runs: RunTable, isFirst: boolean): void {
    if (isFirst) this.#listener?.segmentStarted(segment.epoch, segment.path)
    for (const { partition } of runs) {
      // Removed while its records were on their way.
      if (!this.#partitions.has(partition)) segment.settle(partition, Infinity)
    }
    this.#listener?.committed(runs)
    this.#reportSize()
  }

  async #trim(state: PartitionState): Promise<void> {
    if (state.own.bytes === 0) return
    await state.own.trim(state.settled)
    this.#countOwnBytes()
  }

  /** Moves records out of the oldest shared segments while there are more than the settings allow. */
  #moveOldest(): void {
    this.#moving ??= this.#moveWhileTooMany().finally(() => {
      this.#moving = undefined
    })
  }

  async #moveWhileTooMany(): Promise<void> {
    for (;;) {
      const oldest = this.#segments.oldestBeyondLimit
      if (oldest === undefined) return
      try {
        await this.#moveRecords(oldest)
        this.#moveFailure = undefined
      } catch (error) {
        // A full disk: the records stay where they are, and the next segment that starts tries again.
        this.#moveFailure = `Records cannot be moved: ${error instanceof Error ? error.message : String(error)}`
        return
      }
    }
  }

  /** Copies what is unsettled, smallest shares first, until what is left is worth a file of its own. */
  async #moveRecords(segment: SharedSegment): Promise<void> {
    segment.isMoving = true
    try {
      for (const id of segment.partitions) {
        if (segment.belongsToOne) break
        const state = this.#partitions.get(id)
        if (state !== undefined) await this.#moveRuns(segment, state)
        segment.settle(id, Infinity)
      }
    } finally {
      segment.isMoving = false
    }
    await this.#reclaim()
    this.#reportSize()
  }

  async #moveRuns(segment: SharedSegment, state: PartitionState): Promise<void> {
    const runs = segment.runsOf(state.id).filter((run) => run.endOffset > state.settled)
    const copies = await state.own.copy(segment.path, runs, this.#options.platform.clock.now())
    this.#listener?.moved(state.id, segment.epoch, copies)
    this.#countOwnBytes()
    // Settled while it was copied.
    await this.#trim(state)
  }

  /** Never rejects: a segment that cannot be used again now is left to the next opening of the log. */
  async #reclaim(): Promise<void> {
    for (const segment of this.#segments.takeSettled()) {
      try {
        await this.#listener?.segmentEnded(segment.epoch)
        await this.#segments.recycle(segment)
      } catch {
        // A reader that could not let go of it may still read: the file must stay as it is.
      }
    }
  }

  #countOwnBytes(): void {
    this.#ownBytes = 0
    for (const state of this.#partitions.values()) this.#ownBytes += state.own.bytes
  }

  #reportSize(): void {
    const used = this.usedBytes
    this.#options.observer.size(used)
    this.#isOverQuota = used >= this.#options.settings.quotaBytes
    this.#reportCondition()
  }

  #reportCondition(): void {
    const { reason } = this.condition()
    if (reason === this.#reportedReason) return
    this.#reportedReason = reason
    this.#options.observer.condition(reason)
  }
}
