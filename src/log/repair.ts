/**
 * Finding the frames of a segment that nobody wrote a footer for, or that was damaged.
 *
 * A frame counts when its header is plausible, of the wanted epoch, and its checksum holds. What lies between two
 * such frames is damage: it is reported, skipped, and reading goes on behind it. What follows the last one is a
 * torn tail or stale: no record in it was ever acknowledged.
 */

import type { DiskFile } from '../platform.ts'
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

/**
 * The first intact frame at or behind `from`.
 * @param epoch  of the segment; undefined in segments of one partition, whose frames kept the epoch they came with
 */
export function findFrame(bytes: Buffer, from: number, epoch: number | undefined): ScannedFrame | undefined {
  for (let at = bytes.indexOf(MAGIC_BYTES, from); at >= 0; at = bytes.indexOf(MAGIC_BYTES, at + 1)) {
    const header = readFrameHeader(bytes, at)
    if (header === undefined || (epoch !== undefined && header.epoch !== epoch)) continue
    if (at + header.frameBytes > bytes.length) continue
    if (isIntact(bytes.subarray(at, at + header.frameBytes))) return { at, header }
  }
  return undefined
}

export interface ScanResult {
  readonly runs: RunTable
  /** Behind the last intact frame. */
  readonly endOfFrames: number
  readonly damage: readonly Damage[]
}

/** Reads a whole segment; `runEpoch` is what its runs are filed under. */
export async function scanSegment(
  file: DiskFile,
  capacityBytes: number,
  frameEpoch: number | undefined,
  runEpoch: number,
): Promise<ScanResult> {
  const runs = new RunTable()
  const damage: Damage[] = []
  let endOfFrames = FRAMES_START
  const end = Math.min(await file.size(), capacityBytes)
  // A window always holds a whole frame behind its first byte, so that none is missed at a border.
  const window = Buffer.allocUnsafe(Math.min(WINDOW_BYTES + FRAME_BYTES_MAX, Math.max(end, HEADER_BYTES)))
  let start = FRAMES_START
  while (start < end) {
    const length = await file.read(window.subarray(0, Math.min(window.length, end - start)), start)
    if (length < HEADER_BYTES) break
    const bytes = window.subarray(0, length)
    const isLast = start + length >= end
    let at = 0
    for (;;) {
      const found = findFrame(bytes, at, frameEpoch)
      if (found === undefined || (!isLast && found.at >= WINDOW_BYTES)) break
      const position = start + found.at
      if (position > endOfFrames) damage.push({ position: endOfFrames, bytes: position - endOfFrames })
      at = found.at + found.header.frameBytes
      endOfFrames = start + at
      runs.add({
        partition: found.header.partition,
        epoch: runEpoch,
        position,
        bytes: found.header.frameBytes,
        baseOffset: found.header.baseOffset,
        endOffset: found.header.baseOffset + found.header.recordCount,
      })
    }
    if (isLast) break
    start += Math.max(at, WINDOW_BYTES)
  }
  return { runs, endOfFrames, damage }
}
