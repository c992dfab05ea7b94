/** Reading what a segment holds, by its footer or, without one, by its frames. */

import type { Disk, DiskFile } from '../platform.ts'
import type { PartitionId } from '../record.ts'
import { type Damage, scanSegment } from './repair.ts'
import type { RunTable } from './run-table.ts'
import {
  decodeFooter,
  decodeSegmentHeader,
  decodeTrailer,
  FRAMES_START,
  type SegmentHeader,
  TRAILER_BYTES,
} from './segment.ts'

export interface StoredSegment {
  readonly path: string
  readonly header: SegmentHeader
  readonly runs: RunTable
  readonly endOfFrames: number
  /** How many there are of each partition; known when they were read. */
  readonly frames?: ReadonlyMap<PartitionId, number>
  readonly damage: readonly Damage[]
  /** Where its footer begins; undefined when it was not sealed: its tail is whatever a crash left. */
  readonly footerPosition: number | undefined
}

export interface ReadSegmentOptions {
  /** Read every frame and its checksum even when there is a footer. */
  readonly verify?: boolean
}

/** @returns undefined when the file has no whole header, so never held an acknowledged record */
export async function readSegment(
  disk: Disk,
  path: string,
  options: ReadSegmentOptions = {},
): Promise<StoredSegment | undefined> {
  const file = await disk.open(path, { readOnly: true })
  try {
    const bytes = Buffer.alloc(FRAMES_START)
    const header = decodeSegmentHeader(bytes.subarray(0, await file.read(bytes, 0)), path)
    if (header === undefined) return undefined
    const footer = await readFooter(file, header)
    if (footer !== undefined && options.verify !== true) return { path, header, ...footer, damage: [] }
    const scan = await scanSegment(file, header.capacityBytes, header.epoch)
    return { path, header, ...scan, footerPosition: footer?.footerPosition }
  } finally {
    await file.close()
  }
}

/**
 * Writes header, footer and trailer once more, as they are, and syncs: an earlier process may have failed to sync them,
 * and then they are read from memory and never reach the disk.
 */
export async function resyncSegment(disk: Disk, path: string): Promise<void> {
  const file = await disk.open(path)
  try {
    const bytes = Buffer.alloc(FRAMES_START)
    await file.read(bytes, 0)
    const header = decodeSegmentHeader(bytes, path)
    const footer = header && (await readFooter(file, header))
    if (header !== undefined && footer !== undefined) {
      const end = Buffer.alloc(header.capacityBytes - footer.footerPosition)
      await file.read(end, footer.footerPosition)
      await file.write([end], footer.footerPosition)
    }
    await file.write([bytes], 0)
    await file.datasync()
  } finally {
    await file.close()
  }
}

async function readFooter(file: DiskFile, header: SegmentHeader) {
  const trailerBytes = Buffer.alloc(TRAILER_BYTES)
  await file.read(trailerBytes, header.capacityBytes - TRAILER_BYTES)
  const trailer = decodeTrailer(trailerBytes, header.epoch)
  if (trailer === undefined || trailer.footerBytes > header.capacityBytes) return undefined
  const bytes = Buffer.alloc(trailer.footerBytes)
  await file.read(bytes, trailer.footerPosition)
  const runs = decodeFooter(bytes, trailer)
  if (runs === undefined) return undefined
  const { endOfFrames, footerPosition } = trailer
  return { runs, endOfFrames, footerPosition }
}
