/**
 * Finding the frames of a segment that nobody wrote a footer for, or that was damaged.
 *
 * A frame counts when its header is plausible, of the segment's epoch, and its checksum holds. What lies between two
 * such frames is damage: it is reported, skipped, and reading goes on behind it. What follows the last one is a
 * torn tail or stale: no record in it was ever acknowledged.
 */

import type { DiskFile } from '../platform.ts'
import type { Offset, PartitionId } from '../record.ts'
import { FRAME_BYTES_MAX, type FrameHeader, HEADER_BYTES, isIntact, readFrameHeader } from './frame.ts'
import { RunTable } from './run-table.ts'
import { FRAMES_START } from './segment.ts'

const MAGIC_BYTES = Buffer.from('HYF1', 'latin1')
const WINDOW_BYTES = 4 * 1024 * 1024

export interface Damage {
  readonly position: number
  readonly bytes: number
}

export interface ScannedFrame {
  /** Position in the scanned bytes. */
  readonly at: number
  readonly header: FrameHeader
}

/** The first intact frame of `epoch` at or behind `from` that lies whole in `bytes`. */
export function findFrame(bytes: Buffer, from: number, epoch: number): ScannedFrame | undefined {
  for (let at = bytes.indexOf(MAGIC_BYTES, from); at >= 0; at = bytes.indexOf(MAGIC_BYTES, at + 1)) {
    const header = readFrameHeader(bytes, at)
    if (header === undefined || header.epoch !== epoch) continue
    if (at + header.frameBytes > bytes.length) continue
    if (isIntact(bytes.subarray(at, at + header.frameBytes))) return { at, header }
  }
  return undefined
}

/** Where, at or behind `from`, a frame of `epoch` may begin that goes on behind the end of `bytes`. */
export function findCutFrame(bytes: Buffer, from: number, epoch: number): number {
  for (let at = bytes.indexOf(MAGIC_BYTES, from); at >= 0; at = bytes.indexOf(MAGIC_BYTES, at + 1)) {
    if (at + HEADER_BYTES > bytes.length) return at
    const header = readFrameHeader(bytes, at)
    if (header?.epoch === epoch && at + header.frameBytes > bytes.length) return at
  }
  return Math.max(from, bytes.length - MAGIC_BYTES.length + 1)
}

/** A piece of a file with the intact frames in it, none of which it cuts. */
export interface Window {
  /** Position in the file of the first byte. */
  readonly start: number
  /** Valid until the next window. */
  readonly bytes: Buffer
  readonly frames: readonly ScannedFrame[]
}

/** The bytes of a file from `from` to `to`, or to its end, piece by piece. */
export async function* windows(
  file: DiskFile,
  from: number,
  to: number,
  epoch: number,
): AsyncGenerator<Window> {
  // Behind the first WINDOW_BYTES there is room for the largest frame that begins in them.
  const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(WINDOW_BYTES + FRAME_BYTES_MAX, to - from)))
  for (let start = from; start < to; ) {
    const wanted = Math.min(buffer.length, to - start)
    const length = await file.read(buffer.subarray(0, wanted), start)
    if (length === 0) return
    const isLast = length < wanted || start + length >= to
    const bytes = buffer.subarray(0, length)
    const frames: ScannedFrame[] = []
    let end = 0
    for (;;) {
      const found = findFrame(bytes, end, epoch)
      if (found === undefined || (!isLast && found.at >= WINDOW_BYTES)) break
      frames.push(found)
      end = found.at + found.header.frameBytes
    }
    end = isLast ? length : Math.max(end, WINDOW_BYTES)
    yield { start, bytes: bytes.subarray(0, end), frames }
    start += end
  }
}

export interface ScanResult {
  readonly runs: RunTable
  /** Behind the last intact frame. */
  readonly endOfFrames: number
  /** How many there are of each partition. */
  readonly frames: ReadonlyMap<PartitionId, number>
  readonly damage: readonly Damage[]
}

/** Reads a whole segment. */
export async function scanSegment(file: DiskFile, capacityBytes: number, epoch: number): Promise<ScanResult> {
  const runs = new RunTable()
  const damage: Damage[] = []
  const ends = new Map<PartitionId, Offset>()
  let endOfFrames = FRAMES_START
  const counts = new Map<PartitionId, number>()
  const end = Math.min(await file.size(), capacityBytes)
  for await (const { start, frames } of windows(file, FRAMES_START, end, epoch)) {
    for (const { at, header } of frames) {
      const { partition, baseOffset, frameBytes: bytes } = header
      // Offsets ascend. Those that do not were left behind the end by a move that failed and was made again.
      if (baseOffset < (ends.get(partition) ?? 0)) continue
      const position = start + at
      const endOffset = baseOffset + header.recordCount
      if (position > endOfFrames) damage.push({ position: endOfFrames, bytes: position - endOfFrames })
      runs.add({ partition, epoch, position, bytes, baseOffset, endOffset })
      ends.set(partition, endOffset)
      endOfFrames = position + bytes
      counts.set(partition, (counts.get(partition) ?? 0) + 1)
    }
  }
  return { runs, endOfFrames, frames: counts, damage }
}
