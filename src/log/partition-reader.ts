/** Reads the committed records of one partition, in order, from any offset. */

import type { Disk } from '../platform.ts'
import type { Offset, RecordBatch } from '../record.ts'
import type { DataKeys } from './data-keys.ts'
import { decryptPayload } from './encryption.ts'
import { type FrameHeader, HEADER_BYTES, isIntact, readFrameHeader, readLengths } from './frame.ts'
import { firstEndingAfter, type OwnSegment, type PartitionIndex } from './partition-index.ts'
import type { ReadBuffers } from './read-buffers.ts'
import { findCutFrame, findFrame } from './repair.ts'
import type { Run } from './run-table.ts'
import type { SegmentFiles } from './segment-files.ts'
import { readSegment } from './stored-segment.ts'

export interface ReaderEnvironment {
  readonly disk: Disk
  readonly files: SegmentFiles
  readonly buffers: ReadBuffers
  readonly keys: Pick<DataKeys, 'find'>
  damaged(path: string, position: number, bytes: number): void
}

/** A run, and the file that it lies in. */
interface Stretch {
  readonly path: string
  readonly run: Run
}

export class PartitionReader {
  readonly #index: PartitionIndex
  readonly #environment: ReaderEnvironment
  /** Frame behind the last one that was handed out: reading on needs no search. */
  #next: { readonly path: string; readonly epoch: number; position: number; offset: Offset } | undefined
  #ownRuns: { readonly path: string; readonly endOffset: Offset; readonly runs: readonly Run[] } | undefined

  constructor(index: PartitionIndex, environment: ReaderEnvironment) {
    this.#index = index
    this.#environment = environment
  }

  /**
   * Hands the next records to `consume`: about a buffer full, whole puts, and at least one where there is one.
   * A put may begin before `from`; offsets that are missing were damaged or never acknowledged.
   *
   * @param consume  called once at the most, before the buffer is used again: it must not keep the bytes
   * @returns        whether there was anything
   */
  async read(from: Offset, consume: (batches: readonly RecordBatch[]) => void): Promise<boolean> {
    if (this.#index.find(from) === undefined) return false
    const buffer = await this.#environment.buffers.take()
    try {
      let offset = from
      for (;;) {
        const stretch = await this.#locate(offset)
        if (stretch === undefined) return false
        if (await this.#readStretch(stretch, offset, buffer, consume)) return true
        // All that is left of this run is damaged.
        offset = stretch.run.endOffset
      }
    } finally {
      this.#environment.buffers.giveBack(buffer)
    }
  }

  async #locate(offset: Offset): Promise<Stretch | undefined> {
    const place = this.#index.find(offset)
    if (place === undefined) return undefined
    if (place.kind === 'shared') {
      return { path: this.#environment.files.pathOf(place.run.epoch), run: place.run }
    }
    const runs = await this.#runsOf(place.segment)
    const run = runs[firstEndingAfter(runs, offset)]
    if (run !== undefined) return { path: place.segment.path, run }
    return this.#locate(place.segment.endOffset)
  }

  async #runsOf(own: OwnSegment): Promise<readonly Run[]> {
    if (this.#ownRuns?.path !== own.path || this.#ownRuns.endOffset !== own.endOffset) {
      const segment = await readSegment(this.#environment.disk, own.path)
      for (const { position, bytes } of segment?.damage ?? []) {
        this.#environment.damaged(own.path, position, bytes)
      }
      this.#ownRuns = { path: own.path, endOffset: own.endOffset, runs: [...(segment?.runs ?? [])] }
    }
    return this.#ownRuns.runs
  }

  /** The file is in use from before the first byte is read, so that its segment is not used again meanwhile. */
  #readStretch(
    { path, run }: Stretch,
    from: Offset,
    buffer: Buffer,
    consume: (batches: readonly RecordBatch[]) => void,
  ): Promise<boolean> {
    return this.#environment.files.use(path, async (file) => {
      const end = run.position + run.bytes
      let position = run.position
      const next = this.#next
      // By epoch, not by path alone: the file may have been used again since.
      if (
        next?.path === path &&
        next.epoch === run.epoch &&
        next.offset <= from &&
        next.position > position
      ) {
        position = Math.min(next.position, end)
      }
      while (position < end) {
        const wanted = Math.min(buffer.length, end - position)
        const length = await file.read(buffer.subarray(0, wanted), position)
        const isRest = length < wanted || position + length >= end
        const at = { path, start: position, from, epoch: run.epoch, isRest }
        const { batches, consumed } = this.#decode(buffer.subarray(0, length), at)
        position += consumed
        const last = batches.at(-1)
        if (last !== undefined) {
          this.#next = { path, epoch: run.epoch, position, offset: last.baseOffset + last.lengths.length }
          consume(batches)
          return true
        }
        if (consumed === 0) break
      }
      return false
    })
  }

  /** Frames that lie whole in `bytes` and reach beyond `from`; how far they and the damage between them go. */
  #decode(
    bytes: Buffer,
    at: { path: string; start: number; from: Offset; epoch: number; isRest: boolean },
  ): { readonly batches: readonly RecordBatch[]; readonly consumed: number } {
    const batches: RecordBatch[] = []
    let position = 0
    while (position < bytes.length) {
      const header = readFrameHeader(bytes, position)
      const isKnown = header?.epoch === at.epoch
      const isWhole = isKnown && position + header.frameBytes <= bytes.length
      const mayBeCut = isKnown ? !isWhole : bytes.length - position < HEADER_BYTES
      if (mayBeCut && !at.isRest) break
      if (!isWhole || !isIntact(frameAt(bytes, position, header))) {
        const end = at.isRest ? bytes.length : findCutFrame(bytes, position + 1, at.epoch)
        const next = findFrame(bytes, position + 1, at.epoch)?.at ?? end
        this.#environment.damaged(at.path, at.start + position, next - position)
        position = next
        continue
      }
      const isWanted = header.partition === this.#index.partition
      if (isWanted && header.baseOffset + header.recordCount > at.from) {
        const batch = this.#open(frameAt(bytes, position, header), header)
        if (batch === undefined) this.#environment.damaged(at.path, at.start + position, header.frameBytes)
        else batches.push(batch)
      }
      position += header.frameBytes
    }
    return { batches, consumed: position }
  }

  /** @returns undefined when the payload does not open with its key */
  #open(frame: Buffer, header: FrameHeader): RecordBatch | undefined {
    const payload = header.keyId === 0 ? frame.subarray(HEADER_BYTES) : this.#decrypt(frame, header.keyId)
    if (payload === undefined) return undefined
    return {
      partition: header.partition,
      baseOffset: header.baseOffset,
      arrivedAtMs: header.arrivedAtMs,
      lengths: readLengths(payload, 0, header.recordCount),
      data: payload.subarray(4 * header.recordCount, 4 * header.recordCount + header.dataBytes),
    }
  }

  #decrypt(frame: Buffer, keyId: number): Buffer | undefined {
    const key = this.#environment.keys.find(keyId)
    // Not damage: the records come back with the key, so this delivery must wait and not skip them.
    if (key === undefined) throw new KeyMissingError(keyId)
    return decryptPayload(frame, key)
  }
}

/** The records are there and whole, but the key they were encrypted with cannot be had now. */
export class KeyMissingError extends Error {
  constructor(keyId: number) {
    super(`Records are encrypted with data key ${keyId}, whose master key is not configured.`)
    this.name = 'KeyMissingError'
  }
}

function frameAt(bytes: Buffer, position: number, header: FrameHeader): Buffer {
  return bytes.subarray(position, position + header.frameBytes)
}
