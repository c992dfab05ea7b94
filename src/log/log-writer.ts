/**
 * Group commit: frames that wait are written to the active segment together and share one `fdatasync`.
 *
 * After a failed write or sync nothing more goes to that segment. Frames are refused until a probe, a write of zeros
 * as long as what failed, succeeds in a fresh one.
 */

import { LogUnavailableError } from '../errors.ts'
import type { LogObserver } from '../observability/events.ts'
import type { Platform, Timer } from '../platform.ts'
import type { Offset, PartitionId } from '../record.ts'
import type { DataKeys } from './data-keys.ts'
import { encryptedCopy, encryptPayload } from './encryption.ts'
import { type Frame, sealFrame, stampFrame, TAG_BYTES } from './frame.ts'
import type { FramePool } from './frame-pool.ts'
import { RunTable } from './run-table.ts'
import { encodeSegmentHeader, FRAMES_START } from './segment.ts'
import type { SharedSegment } from './shared-segment.ts'
import type { SharedSegments } from './shared-segments.ts'
import { readSegment } from './stored-segment.ts'

/** Larger groups gain nothing and make the first put of them wait. */
const GROUP_BYTES_MAX = 8 * 1024 * 1024
const PROBE_MS = 250
const PROBE_BYTES_MAX = 1024 * 1024

/** A partition as the writer sees it. */
export interface Numbered {
  readonly id: PartitionId
  nextOffset: Offset
}

interface Pending {
  readonly partition: Numbered
  readonly frame: Frame
  readonly resolve: (offset: Offset) => void
  readonly reject: (error: Error) => void
}

interface Group {
  readonly buffers: Buffer[]
  readonly runs: RunTable
  readonly offsets: readonly Offset[]
  readonly end: number
}

export interface LogWriterOptions {
  readonly platform: Platform
  readonly segments: SharedSegments
  readonly keys: DataKeys
  readonly pool: FramePool
  readonly observer: LogObserver
  /** The records of `runs` are on stable storage; the first of their segment when `isFirst`. */
  readonly committed: (segment: SharedSegment, runs: RunTable, isFirst: boolean) => void
  /** The segment before was sealed. */
  readonly sealed: () => void
  /** Another `failure` than before. */
  readonly changed: () => void
}

export class LogWriter {
  readonly #options: LogWriterOptions
  #queue: Pending[] = []
  #working: Promise<void> | undefined
  #failure: { readonly reason: string; readonly bytes: number } | undefined
  #probeTimer: Timer | undefined
  #isClosed = false

  constructor(options: LogWriterOptions) {
    this.#options = options
  }

  /** Why nothing can be written now. */
  get failure(): string | undefined {
    return this.#failure?.reason
  }

  append(partition: Numbered, frame: Frame): Promise<Offset> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ partition, frame, resolve, reject })
      this.#working ??= this.#work()
    })
  }

  /** Resolves when all that was taken is answered. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#probeTimer?.cancel()
    await this.#working
    await this.#options.segments.active?.seal()
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      let group: readonly Pending[] = []
      try {
        const segment = await this.#segmentFor(this.#queue[0]!.frame.bytes.length + TAG_BYTES)
        group = this.#takeGroup(segment)
        await this.#commit(segment, group)
      } catch (error) {
        this.#refuse(group.length > 0 ? group : this.#queue.splice(0), error)
      }
    }
    this.#working = undefined
  }

  /** The active segment if `bytes` fit into it, else a fresh one. */
  async #segmentFor(bytes: number): Promise<SharedSegment> {
    const { segments, platform } = this.#options
    const { active } = segments
    if (active?.hasRoom(0, bytes, 0)) return active
    await active?.seal()
    const segment = await segments.start(platform.clock.now())
    this.#options.sealed()
    return segment
  }

  /** As many waiting frames as one write should hold. */
  #takeGroup(segment: SharedSegment): Pending[] {
    let bytes = 0
    let count = 0
    for (const { frame } of this.#queue) {
      const frameBytes = frame.bytes.length + TAG_BYTES
      if (count > 0 && bytes + frameBytes > GROUP_BYTES_MAX) break
      if (!segment.hasRoom(bytes, frameBytes, count)) break
      bytes += frameBytes
      count++
    }
    return this.#queue.splice(0, count)
  }

  async #commit(segment: SharedSegment, pending: readonly Pending[]): Promise<void> {
    const { platform, pool, observer } = this.#options
    const startedMs = platform.clock.monotonic()
    const isFirst = segment.end === FRAMES_START
    const { buffers, runs, offsets, end } = this.#encode(segment, pending)
    const bytes = end - segment.end
    await this.#write(segment, buffers)
    segment.committed(runs, end)
    this.#recovered()
    observer.synced(platform.clock.monotonic() - startedMs, bytes, pending.length)
    for (const [i, { frame, resolve }] of pending.entries()) {
      pool.giveBack(frame)
      resolve(offsets[i]!)
    }
    this.#options.committed(segment, runs, isFirst)
  }

  #encode(segment: SharedSegment, pending: readonly Pending[]): Group {
    const now = this.#options.platform.clock.now()
    const { epoch } = segment
    const runs = new RunTable()
    const buffers: Buffer[] = []
    const offsets: Offset[] = []
    let end = segment.end
    for (const { partition, frame } of pending) {
      const baseOffset = partition.nextOffset
      const bytes = this.#finishFrame(partition, frame, epoch, now)
      // Not taken back if the group fails: an offset is given once.
      partition.nextOffset += frame.recordCount
      offsets.push(baseOffset)
      buffers.push(bytes)
      const endOffset = partition.nextOffset
      runs.add({ partition: partition.id, epoch, position: end, bytes: bytes.length, baseOffset, endOffset })
      end += bytes.length
    }
    return { buffers, runs, offsets, end }
  }

  /** Header, encryption and checksum. */
  #finishFrame(partition: Numbered, frame: Frame, epoch: number, now: number): Buffer {
    const key = this.#options.keys.current(partition.id)
    const bytes = key === undefined ? frame.bytes : encryptedCopy(frame, this.#options.platform.chance)
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

  /** Appends to the segment and syncs; the first write brings the header with it. */
  async #write(segment: SharedSegment, buffers: readonly Buffer[]): Promise<void> {
    const { epoch, capacityBytes, end } = segment
    const isFirst = end === FRAMES_START
    const createdAtMs = this.#options.platform.clock.now()
    const header = isFirst ? [encodeSegmentHeader({ epoch, capacityBytes, createdAtMs })] : []
    try {
      await segment.file!.write([...header, ...buffers], isFirst ? 0 : end)
      await segment.file!.datasync()
    } catch (error) {
      await this.#abandon(segment)
      throw error
    }
  }

  /**
   * What was acknowledged from a segment that failed is read again before anything else is acknowledged: if the disk
   * lost that too, the operator must hear of it.
   */
  async #abandon(segment: SharedSegment): Promise<void> {
    const { file, path, end } = segment
    segment.hasFailed = true
    segment.file = undefined
    await file?.close().catch(() => undefined)
    if (end === FRAMES_START) {
      await this.#options.segments.discard(segment)
      return
    }
    try {
      const stored = await readSegment(this.#options.platform.disk, path, { verify: true })
      for (const { position, bytes } of stored?.damage ?? []) {
        if (position < end) this.#options.observer.damaged(path, position, bytes)
      }
    } catch {
      // The disk cannot even be read now; deliveries will find out what is lost.
    }
  }

  #refuse(group: readonly Pending[], error: unknown): void {
    const reason = `Records cannot be stored: ${error instanceof Error ? error.message : String(error)}`
    const bytes = group.reduce((sum, { frame }) => sum + frame.bytes.length, 0)
    this.#fail(reason, bytes)
    for (const { frame, reject } of group) {
      this.#options.pool.giveBack(frame)
      reject(new LogUnavailableError(reason, error))
    }
  }

  #fail(reason: string, bytes: number): void {
    this.#failure = { reason, bytes: Math.min(PROBE_BYTES_MAX, bytes) }
    this.#options.changed()
    if (this.#isClosed) return
    this.#probeTimer ??= this.#options.platform.clock.after(PROBE_MS, () => {
      this.#probeTimer = undefined
      if (this.#failure !== undefined) this.#working ??= this.#probe(this.#failure)
    })
  }

  #recovered(): void {
    if (this.#failure === undefined) return
    this.#failure = undefined
    this.#options.changed()
  }

  /** Tries whether the disk takes again what it refused. */
  async #probe({ reason, bytes }: { reason: string; bytes: number }): Promise<void> {
    try {
      const segment = await this.#segmentFor(bytes)
      const zeros = Buffer.alloc(Math.min(bytes, segment.capacityBytes - segment.end))
      await this.#write(segment, [zeros])
      this.#recovered()
    } catch {
      this.#fail(reason, bytes)
    }
    await this.#work()
  }
}
