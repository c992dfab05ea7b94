/**
 * The log of one machine. All puts of all delivery streams go to one active segment: a group is one write and one
 * `fdatasync`, however many streams it is of.
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
import type { Platform, Timer } from '../platform.ts'
import type { Offset, PartitionId } from '../record.ts'
import type { DataKeys } from './data-keys.ts'
import { encryptedCopy, encryptPayload } from './encryption.ts'
import { FRAME_BYTES_MAX, type Frame, sealFrame, stampFrame, TAG_BYTES } from './frame.ts'
import { FramePool } from './frame-pool.ts'
import type { Log, LogCondition } from './log.ts'
import type { LogDirectory } from './log-directory.ts'
import { OwnSegments } from './own-segments.ts'
import type { OwnSegment } from './partition-index.ts'
import { RunTable } from './run-table.ts'
import { encodeSegmentHeader, FRAMES_START } from './segment.ts'
import type { SharedSegment } from './shared-segment.ts'
import { SharedSegments } from './shared-segments.ts'
import { readSegment } from './stored-segment.ts'

/** Larger groups gain nothing and make the first put of them wait. */
const GROUP_BYTES_MAX = 8 * 1024 * 1024
const POOL_BYTES_MAX = 32 * 1024 * 1024
/** How long puts are refused without another try after the disk failed. */
const RETRY_MS = 250

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
  /** Runs of shared segment `epoch` lie in these segments now, the last of which may have been there before. */
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

interface Pending {
  readonly partition: PartitionState
  readonly frame: Frame
  readonly resolve: (offset: Offset) => void
  readonly reject: (error: Error) => void
}

interface PartitionState {
  readonly id: PartitionId
  readonly own: OwnSegments
  nextOffset: Offset
  /** All below is settled. */
  settled: Offset
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
  readonly #platform: Platform
  readonly #pool = new FramePool(POOL_BYTES_MAX)
  readonly #partitions = new Map<PartitionId, PartitionState>()
  readonly #segments: SharedSegments
  #listener: LogListener | undefined
  #queue: Pending[] = []
  #writing: Promise<void> | undefined
  #moving: Promise<void> | undefined
  #failure: { readonly reason: string; readonly untilMs: number } | undefined
  #isOverQuota = false
  /** Bytes of all segments of single partitions; counted when they change, because there may be thousands. */
  #ownBytes = 0
  #isClosed = false
  #retryTimer: Timer | undefined

  private constructor(options: EmbeddedLogOptions, segments: SharedSegments) {
    this.#options = options
    this.#platform = options.platform
    this.#segments = segments
  }

  /**
   * Opens the log of a data directory and repairs what a crash left.
   *
   * @param partitions  those that exist, with the offset below which all is settled and the lowest that may be given
   * @throws {OperatorError} for files of a version that this Hydrant does not know
   */
  static async open(
    options: EmbeddedLogOptions,
    partitions: Iterable<{ readonly id: PartitionId; readonly settled: Offset; readonly next: Offset }>,
  ): Promise<EmbeddedLog> {
    const damaged = options.observer.damaged.bind(options.observer)
    const segments = await SharedSegments.open(options.directory, options.platform, options.settings, damaged)
    const log = new EmbeddedLog(options, segments)
    await Promise.all(
      [...partitions].map(async ({ id, settled, next }) => {
        const state = log.#newPartition(id, settled, next)
        await state.own.open(damaged)
        await state.own.trim(settled)
        state.nextOffset = Math.max(next, state.own.endOffset)
      }),
    )
    for (const segment of segments.inUse) {
      for (const run of segment.runs) {
        const state = log.#partitions.get(run.partition)
        if (state === undefined) continue
        state.nextOffset = Math.max(state.nextOffset, run.endOffset)
      }
      for (const id of [...segment.partitions]) {
        segment.settle(id, log.#partitions.get(id)?.settled ?? Infinity)
      }
    }
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
    this.#newPartition(id, 0, 0)
  }

  /** Forgets a partition whose stream was deleted, and removes its files. */
  async removePartition(id: PartitionId): Promise<void> {
    this.#partitions.delete(id)
    for (const segment of this.#segments.inUse) segment.settle(id, Infinity)
    await this.#moving
    await this.#platform.disk.remove(this.#options.directory.partition(id))
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
    if (state === undefined) throw new LogUnavailableError(`Partition ${partition} was removed.`)
    if (frame.bytes.length + TAG_BYTES > FRAME_BYTES_MAX)
      throw new Error('A put is larger than a frame may be.')
    const refusal = this.#refusal()
    if (refusal !== undefined) {
      this.#pool.giveBack(frame)
      throw new LogUnavailableError(refusal)
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ partition: state, frame, resolve, reject })
      this.#writing ??= this.#write()
    })
  }

  condition(): LogCondition {
    const reason = this.#isOverQuota ? this.#quotaReason() : this.#failure?.reason
    return reason === undefined ? { accepting: true } : { accepting: false, reason }
  }

  /** All of the partition below `offset`, the lowest still open, is delivered, dropped or backed up: it may go. */
  async checkpoint(partition: PartitionId, offset: Offset): Promise<void> {
    const state = this.#partitions.get(partition)
    if (state === undefined || offset <= state.settled) return
    state.settled = offset
    for (const segment of this.#segments.inUse) segment.settle(partition, offset)
    if (state.own.bytes > 0) {
      await state.own.trim(offset)
      this.#countOwnBytes()
    }
    await this.#reclaim()
    this.#reportSize()
  }

  snapshot(partition: PartitionId): PartitionSnapshot {
    const shared = new RunTable()
    for (const segment of this.#segments.inUse) {
      for (const run of segment.runs) if (run.partition === partition) shared.add(run)
    }
    return { partition, own: this.#partitions.get(partition)?.own.list ?? [], shared }
  }

  /** The offset that the next record of the partition is given. */
  endOffset(partition: PartitionId): Offset {
    return this.#partitions.get(partition)?.nextOffset ?? 0
  }

  /** Bytes on disk in segments that hold records. */
  get usedBytes(): number {
    return this.#segments.usedBytes + this.#ownBytes
  }

  /** Takes nothing more, and ends when all that was taken is answered. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#retryTimer?.cancel()
    await this.#writing
    await this.#moving
    await this.#segments.active?.seal()
  }

  #newPartition(id: PartitionId, settled: Offset, next: Offset): PartitionState {
    const { directory, settings } = this.#options
    const own = new OwnSegments(id, directory, this.#platform, settings.segmentBytes)
    const state = { id, own, nextOffset: Math.max(next, settled), settled }
    this.#partitions.set(id, state)
    return state
  }

  #refusal(): string | undefined {
    if (this.#isClosed) return 'The server is shutting down.'
    if (this.#isOverQuota) return this.#quotaReason()
    if (this.#failure !== undefined && this.#platform.clock.monotonic() < this.#failure.untilMs) {
      return this.#failure.reason
    }
    return undefined
  }

  #quotaReason(): string {
    return `Undelivered records reached the quota of ${this.#options.settings.quotaBytes} bytes (log.quota).`
  }

  async #write(): Promise<void> {
    while (this.#queue.length > 0) {
      try {
        const segment = await this.#activeSegment()
        const group = this.#takeGroup(segment)
        if (group.length > 0) await this.#commit(segment, group)
      } catch (error) {
        this.#refuseAll(this.#queue.splice(0), error)
      }
    }
    this.#writing = undefined
  }

  /** The segment that has room for the first waiting frame. */
  async #activeSegment(): Promise<SharedSegment> {
    const active = this.#segments.active
    const first = this.#queue[0]!
    const bytes = first.frame.bytes.length + TAG_BYTES
    if (active?.file !== undefined && active.hasRoom(0, bytes, 1)) return active
    await active?.seal()
    const segment = await this.#segments.start(this.#platform.clock.now())
    this.#listener?.segmentStarted(segment.epoch, segment.path)
    this.#moveOldest()
    return segment
  }

  /** As many waiting frames as one write should hold. */
  #takeGroup(segment: SharedSegment): Pending[] {
    let bytes = 0
    let count = 0
    for (const { frame } of this.#queue) {
      const frameBytes = frame.bytes.length + TAG_BYTES
      if (bytes + frameBytes > GROUP_BYTES_MAX && count > 0) break
      if (!segment.hasRoom(bytes, frameBytes, count)) break
      bytes += frameBytes
      count++
    }
    return this.#queue.splice(0, count)
  }

  async #commit(segment: SharedSegment, group: readonly Pending[]): Promise<void> {
    const { clock } = this.#platform
    const now = clock.now()
    const startedMs = clock.monotonic()
    const buffers: Buffer[] = []
    const runs = new RunTable()
    const offsets: Offset[] = []
    let end = segment.end
    for (const pending of group) {
      const { partition, frame } = pending
      const bytes = this.#finishFrame(partition, frame, segment.epoch, now)
      const baseOffset = partition.nextOffset
      partition.nextOffset += frame.recordCount
      offsets.push(baseOffset)
      buffers.push(bytes)
      runs.add({
        partition: partition.id,
        epoch: segment.epoch,
        position: end,
        bytes: bytes.length,
        baseOffset,
        endOffset: partition.nextOffset,
      })
      end += bytes.length
    }
    const isFirst = segment.end === FRAMES_START
    const { epoch, capacityBytes } = segment
    if (isFirst) buffers.unshift(encodeSegmentHeader({ epoch, capacityBytes, createdAtMs: now }))
    try {
      await segment.file!.write(buffers, isFirst ? 0 : segment.end)
      await segment.file!.datasync()
    } catch (error) {
      await this.#abandon(segment)
      this.#refuseAll(group, error)
      return
    }
    segment.committed(runs, end)
    this.#recovered()
    this.#options.observer.synced(clock.monotonic() - startedMs, end - segment.end, group.length)
    for (const [i, pending] of group.entries()) {
      this.#pool.giveBack(pending.frame)
      pending.resolve(offsets[i]!)
    }
    this.#listener?.committed(runs)
    this.#reportSize()
  }

  /** Header, encryption and checksum. */
  #finishFrame(partition: PartitionState, frame: Frame, epoch: number, now: number): Buffer {
    if (frame.bytes.length + TAG_BYTES > FRAME_BYTES_MAX)
      throw new Error('A put is larger than a frame may be.')
    const key = this.#options.keys.current(partition.id)
    const bytes = key === undefined ? frame.bytes : encryptedCopy(frame, this.#platform.chance)
    stampFrame(bytes, {
      partition: partition.id,
      epoch,
      baseOffset: partition.nextOffset,
      arrivedAtMs: now,
      recordCount: frame.recordCount,
      dataBytes: frame.dataBytes,
      keyId: key?.keyId ?? 0,
    })
    if (key !== undefined) encryptPayload(bytes, frame, key)
    sealFrame(bytes)
    return bytes
  }

  /**
   * After a failed write or sync nothing more goes to this segment. What was acknowledged from it is read again
   * before anything else is acknowledged: if the disk lost that too, the operator must hear of it.
   */
  async #abandon(segment: SharedSegment): Promise<void> {
    const file = segment.file
    segment.file = undefined
    await file?.close().catch(() => undefined)
    if (segment.end === FRAMES_START) {
      this.#segments.discard(segment)
      return
    }
    try {
      const stored = await readSegment(this.#platform.disk, segment.path, { anyEpoch: false, verify: true })
      for (const { position, bytes } of stored?.damage ?? []) {
        if (position < segment.end) this.#options.observer.damaged(segment.path, position, bytes)
      }
    } catch {
      // The disk cannot even be read now; deliveries will find out what is lost.
    }
  }

  #refuseAll(group: readonly Pending[], error: unknown): void {
    const reason = `Records cannot be stored: ${error instanceof Error ? error.message : String(error)}`
    const wasAccepting = this.#failure === undefined
    this.#failure = { reason, untilMs: this.#platform.clock.monotonic() + RETRY_MS }
    if (wasAccepting) this.#options.observer.condition(reason)
    for (const pending of group) {
      this.#pool.giveBack(pending.frame)
      pending.reject(new LogUnavailableError(reason, error))
    }
  }

  #recovered(): void {
    if (this.#failure === undefined) return
    this.#failure = undefined
    this.#options.observer.condition(undefined)
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
      } catch (error) {
        // A full disk: the records stay where they are, and the next segment that starts tries again.
        this.#options.observer.condition(`Records cannot be moved: ${String(error)}`)
        return
      }
    }
  }

  async #moveRecords(segment: SharedSegment): Promise<void> {
    const partitions = [...segment.partitions]
    const only = partitions.length === 1 ? this.#partitions.get(partitions[0]!) : undefined
    if (only !== undefined) {
      const runs = segment.runsOf(only.id).filter((run) => run.endOffset > only.own.endOffset)
      const own = await only.own.adopt(segment.path, segment.epoch, runs, segment.end)
      this.#segments.remove(segment)
      this.#countOwnBytes()
      this.#listener?.moved(only.id, segment.epoch, [own])
      await this.#listener?.segmentEnded(segment.epoch)
      return
    }
    for (const id of partitions) {
      const state = this.#partitions.get(id)
      if (state !== undefined) {
        const runs = segment.runsOf(id).filter((run) => run.endOffset > state.settled)
        const copies = await state.own.copy(segment.path, runs, this.#platform.clock.now())
        this.#listener?.moved(id, segment.epoch, copies)
      }
      segment.settle(id, Infinity)
    }
    this.#countOwnBytes()
    await this.#reclaim()
  }

  async #reclaim(): Promise<void> {
    for (const segment of this.#segments.takeSettled()) {
      await this.#listener?.segmentEnded(segment.epoch)
      await this.#segments.recycle(segment)
    }
  }

  #countOwnBytes(): void {
    this.#ownBytes = 0
    for (const state of this.#partitions.values()) this.#ownBytes += state.own.bytes
  }

  #reportSize(): void {
    const used = this.usedBytes
    this.#options.observer.size(used)
    const isOver = used >= this.#options.settings.quotaBytes
    if (isOver !== this.#isOverQuota) {
      this.#isOverQuota = isOver
      this.#options.observer.condition(isOver ? this.#quotaReason() : this.#failure?.reason)
    }
  }
}
