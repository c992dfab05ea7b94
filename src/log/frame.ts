/**
 * A frame: the records of one put, as they lie in a segment. All numbers little endian.
 *
 * ```
 *   0  u32  magic 'HYF1'
 *   4  u32  CRC-32 (zlib) of bytes 8 to the end of the frame
 *   8  u32  length of the frame in bytes, header included
 *  12  u32  partition
 *  16  u64  epoch of the segment: tells a frame from stale bytes of a recycled file
 *  24  u64  offset of the first record; the others follow without a gap
 *  32  u64  arrival, milliseconds since the epoch
 *  40  u32  number of records
 *  44  u32  bytes of all records together, before encryption
 *  48  u32  key id; 0 when the payload is not encrypted
 *  52  12   nonce of AES-256-GCM; zero when not encrypted
 *  64       payload: u32 length of each record, then all records joined
 *           encrypted: the same as ciphertext, then the tag (16)
 * ```
 *
 * Lengths come first and records lie without a gap, so that a body is made of whole slices. CRC-32 and not
 * CRC-32C, because zlib's runs at 7 GB/s inside Node and a native package would be needed for the other.
 */

import { crc32 } from 'node:zlib'
import type { Offset, PartitionId } from '../record.ts'

export const HEADER_BYTES = 64
export const TAG_BYTES = 16
export const NONCE_START = 52
const MAGIC = 0x31465948

/** Largest frame: a put of 4 MiB in 500 records, with room. What claims to be larger is damage; read buffers hold one. */
export const FRAME_BYTES_MAX = 5 * 1024 * 1024

export interface FrameHeader {
  readonly crc: number
  readonly frameBytes: number
  readonly partition: PartitionId
  readonly epoch: number
  readonly baseOffset: Offset
  readonly arrivedAtMs: number
  readonly recordCount: number
  readonly dataBytes: number
  readonly keyId: number
}

/** A frame that is being filled: lengths and records are written in place, the log adds the rest. */
export class Frame {
  readonly recordCount: number
  readonly dataBytes: number
  /** The whole frame. Write record `i` behind the records before it, starting at `dataStart`. */
  readonly bytes: Buffer
  /** What the frame lies in the beginning of. */
  readonly storage: Buffer

  /** @param storage  at least `frameBytes(recordCount, dataBytes)` long; the frame uses its beginning */
  constructor(storage: Buffer, recordCount: number, dataBytes: number) {
    this.recordCount = recordCount
    this.dataBytes = dataBytes
    this.storage = storage
    this.bytes = storage.subarray(0, frameBytes(recordCount, dataBytes))
  }

  /** Where the first byte of the first record goes. */
  get dataStart(): number {
    return HEADER_BYTES + 4 * this.recordCount
  }

  setLength(record: number, bytes: number): void {
    this.bytes.writeUInt32LE(bytes, HEADER_BYTES + 4 * record)
  }
}

export function frameBytes(recordCount: number, dataBytes: number): number {
  return HEADER_BYTES + 4 * recordCount + dataBytes
}

/** What a header says beside what follows from the frame's own bytes. */
export type FrameStamp = Omit<FrameHeader, 'crc' | 'frameBytes'>

/** Writes the header. `bytes` is the whole frame; nonce and payload must be in place. `sealFrame` adds the checksum. */
export function stampFrame(bytes: Buffer, stamp: FrameStamp): void {
  bytes.writeUInt32LE(MAGIC, 0)
  bytes.writeUInt32LE(bytes.length, 8)
  bytes.writeUInt32LE(stamp.partition, 12)
  writeUInt64(bytes, stamp.epoch, 16)
  writeUInt64(bytes, stamp.baseOffset, 24)
  writeUInt64(bytes, stamp.arrivedAtMs, 32)
  bytes.writeUInt32LE(stamp.recordCount, 40)
  bytes.writeUInt32LE(stamp.dataBytes, 44)
  bytes.writeUInt32LE(stamp.keyId, 48)
  if (stamp.keyId === 0) bytes.fill(0, NONCE_START, HEADER_BYTES)
}

export function sealFrame(bytes: Buffer): void {
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4)
}

/** Makes an intact frame one of another segment: a frame that moves is of the epoch of the segment it lies in. */
export function restampFrame(bytes: Buffer, epoch: number): void {
  writeUInt64(bytes, epoch, 16)
  sealFrame(bytes)
}

/** Reads a header; undefined when these bytes cannot be one. The checksum is not looked at. */
export function readFrameHeader(bytes: Buffer, at: number): FrameHeader | undefined {
  if (bytes.length - at < HEADER_BYTES || bytes.readUInt32LE(at) !== MAGIC) return undefined
  const length = bytes.readUInt32LE(at + 8)
  const recordCount = bytes.readUInt32LE(at + 40)
  const dataBytes = bytes.readUInt32LE(at + 44)
  const keyId = bytes.readUInt32LE(at + 48)
  if (length > FRAME_BYTES_MAX) return undefined
  if (length !== frameBytes(recordCount, dataBytes) + (keyId === 0 ? 0 : TAG_BYTES)) return undefined
  return {
    crc: bytes.readUInt32LE(at + 4),
    frameBytes: length,
    partition: bytes.readUInt32LE(at + 12),
    epoch: readUInt64(bytes, at + 16),
    baseOffset: readUInt64(bytes, at + 24),
    arrivedAtMs: readUInt64(bytes, at + 32),
    recordCount,
    dataBytes,
    keyId,
  }
}

/** @param frame  exactly the bytes of one frame */
export function isIntact(frame: Buffer): boolean {
  return crc32(frame.subarray(8)) === frame.readUInt32LE(4)
}

/** Lengths of the records of a plain or decrypted payload that begins at `at`. */
export function readLengths(bytes: Buffer, at: number, recordCount: number): Uint32Array {
  const lengths = new Uint32Array(recordCount)
  for (let i = 0; i < recordCount; i++) lengths[i] = bytes.readUInt32LE(at + 4 * i)
  return lengths
}

function writeUInt64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value % 0x1_0000_0000, at)
  bytes.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at + 4)
}

function readUInt64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000
}
