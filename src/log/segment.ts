/**
 * A segment: a file of fixed capacity that frames are appended to. All numbers little endian.
 *
 * ```
 * header   0  'HYDRSEG\0'
 *          8  u32 CRC-32 of bytes 12 to 40
 *         12  u32 version (1)
 *         16  f64 epoch: larger than that of every segment before it; its last digits are random
 *         24  f64 capacity in bytes
 *         32  f64 creation, milliseconds since the epoch
 *       2048  the same 40 bytes again: one damaged sector must not cost a whole segment
 * frames 4096 …, one behind the other (frame.ts); the first that is not of this epoch ends them
 * footer      f64 rows of the run table (run-table.ts), written when the segment is sealed
 * trailer     the last 64 bytes of the capacity:
 *          0  'HYDRIDX\0'
 *          8  f64 epoch
 *         16  f64 position of the footer
 *         24  f64 bytes of the footer
 *         32  f64 end of the frames
 *         40  u32 CRC-32 of the footer
 *         44  u32 CRC-32 of bytes 0 to 44
 * ```
 *
 * A file whose records are all settled is used again under a new epoch: rewriting blocks that exist is many
 * times faster than growing a file. The footer only saves a scan when the log is opened: without a whole one the
 * frames are scanned instead. Every version of the format keeps magic, checksum and version where they are.
 */

import { crc32 } from 'node:zlib'
import { OperatorError } from '../errors.ts'
import type { Chance } from '../platform.ts'
import { RUN_COLUMNS, RunTable, runsOf } from './run-table.ts'

export const FRAMES_START = 4096
export const TRAILER_BYTES = 64
/** One row of a footer. */
export const RUN_BYTES = RUN_COLUMNS * 8
const VERSION = 1
const SEGMENT_MAGIC = Buffer.from('HYDRSEG\0', 'latin1')
const INDEX_MAGIC = Buffer.from('HYDRIDX\0', 'latin1')
const HEADER_END = 40
const SECOND_HEADER = 2048
const TRAILER_END = 48
const RANDOM_PART = 2 ** 20

export interface SegmentHeader {
  readonly epoch: number
  readonly capacityBytes: number
  readonly createdAtMs: number
}

/** An epoch above `previous`. The random part keeps records from imitating frames of a segment. */
export function nextEpoch(previous: number, chance: Chance): number {
  return (Math.floor(previous / RANDOM_PART) + 1) * RANDOM_PART + Math.floor(chance.fraction() * RANDOM_PART)
}

/** The first `FRAMES_START` bytes of a segment. */
export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(FRAMES_START)
  SEGMENT_MAGIC.copy(bytes, 0)
  bytes.writeUInt32LE(VERSION, 12)
  bytes.writeDoubleLE(header.epoch, 16)
  bytes.writeDoubleLE(header.capacityBytes, 24)
  bytes.writeDoubleLE(header.createdAtMs, 32)
  bytes.writeUInt32LE(crc32(bytes.subarray(12, HEADER_END)), 8)
  bytes.copy(bytes, SECOND_HEADER, 0, HEADER_END)
  return bytes
}

/**
 * @param bytes  the beginning of the file, `FRAMES_START` bytes of it where there are as many
 * @returns undefined when these bytes are no whole header: the file never held an acknowledged record
 * @throws {OperatorError} for a version that this Hydrant does not know
 */
export function decodeSegmentHeader(bytes: Buffer, path: string): SegmentHeader | undefined {
  return decodeHeader(bytes, path) ?? decodeHeader(bytes.subarray(SECOND_HEADER), path)
}

function decodeHeader(bytes: Buffer, path: string): SegmentHeader | undefined {
  if (bytes.length < HEADER_END || !bytes.subarray(0, 8).equals(SEGMENT_MAGIC)) return undefined
  if (crc32(bytes.subarray(12, HEADER_END)) !== bytes.readUInt32LE(8)) return undefined
  const version = bytes.readUInt32LE(12)
  if (version !== VERSION) {
    throw new OperatorError(
      `${path} has segment format version ${version}, and this Hydrant reads version ${VERSION}. ` +
        'Start the Hydrant that wrote it, or let that one deliver everything before you change versions.',
    )
  }
  return {
    epoch: bytes.readDoubleLE(16),
    capacityBytes: bytes.readDoubleLE(24),
    createdAtMs: bytes.readDoubleLE(32),
  }
}

/** Bytes that footer and trailer of so many runs take. */
export function footerBytes(runs: number): number {
  return runs * RUN_BYTES + TRAILER_BYTES
}

export function encodeFooter(runs: RunTable): Buffer {
  const rows = runs.toArray()
  return Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength)
}

export function encodeTrailer(
  epoch: number,
  footer: Buffer,
  at: { readonly footerPosition: number; readonly endOfFrames: number },
): Buffer {
  const bytes = Buffer.alloc(TRAILER_BYTES)
  INDEX_MAGIC.copy(bytes, 0)
  bytes.writeDoubleLE(epoch, 8)
  bytes.writeDoubleLE(at.footerPosition, 16)
  bytes.writeDoubleLE(footer.length, 24)
  bytes.writeDoubleLE(at.endOfFrames, 32)
  bytes.writeUInt32LE(crc32(footer), 40)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 44)), 44)
  return bytes
}

export interface SegmentTrailer {
  readonly footerPosition: number
  readonly footerBytes: number
  readonly footerCrc: number
  readonly endOfFrames: number
}

/** @returns undefined when there is no whole trailer of this epoch */
export function decodeTrailer(bytes: Buffer, epoch: number): SegmentTrailer | undefined {
  if (bytes.length < TRAILER_END || !bytes.subarray(0, 8).equals(INDEX_MAGIC)) return undefined
  if (crc32(bytes.subarray(0, 44)) !== bytes.readUInt32LE(44)) return undefined
  if (bytes.readDoubleLE(8) !== epoch) return undefined
  return {
    footerPosition: bytes.readDoubleLE(16),
    footerBytes: bytes.readDoubleLE(24),
    endOfFrames: bytes.readDoubleLE(32),
    footerCrc: bytes.readUInt32LE(40),
  }
}

/** @returns undefined when the footer is not what its trailer says */
export function decodeFooter(bytes: Buffer, trailer: SegmentTrailer): RunTable | undefined {
  if (bytes.length !== trailer.footerBytes || crc32(bytes) !== trailer.footerCrc) return undefined
  const rows = new Float64Array(bytes.length / 8)
  for (let i = 0; i < rows.length; i++) rows[i] = bytes.readDoubleLE(8 * i)
  const runs = new RunTable()
  for (const run of runsOf(rows)) runs.add(run)
  return runs
}
