/** The buffer that records of a lane go to until it is sealed: the body as far as it is built, and what is in it. */

import type { Offset, OffsetRange, RecordBatch } from '../record.ts'
import type { GrowingBody } from './growing-body.ts'

export class OpenBuffer {
  readonly body: GrowingBody
  readonly encoding: string
  /** Where to read again from if the buffer must be built anew. */
  readonly firstOffset: Offset
  /** Arrival of its oldest record. */
  oldestMs: number
  /** Of the records, before encoding. */
  bytes = 0
  records = 0
  readonly #offsets: OffsetRange[] = []

  constructor(body: GrowingBody, encoding: string, firstOffset: Offset, oldestMs: number) {
    this.body = body
    this.encoding = encoding
    this.firstOffset = firstOffset
    this.oldestMs = oldestMs
  }

  get offsets(): readonly OffsetRange[] {
    return this.#offsets
  }

  /**
   * Adds records `from` up to `to` of a batch while the buffer is below `bytesMax`; the last may go over it.
   * @returns the first record that was not added
   */
  add(batch: RecordBatch, from: number, to: number, bytesMax: number): number {
    const start = from === 0 ? 0 : sum(batch.lengths, 0, from)
    let end = start
    let record = from
    if (from === 0 && to === batch.lengths.length && this.bytes + batch.data.length <= bytesMax) {
      end = batch.data.length
      record = to
    } else {
      while (record < to && this.bytes + (end - start) < bytesMax) end += batch.lengths[record++]!
    }
    if (record === from) return record
    this.body.write(batch.data.subarray(start, end))
    this.bytes += end - start
    this.records += record - from
    this.oldestMs = Math.min(this.oldestMs, batch.arrivedAtMs)
    this.#addOffsets({ from: batch.baseOffset + from, to: batch.baseOffset + record })
    return record
  }

  #addOffsets(range: OffsetRange): void {
    const last = this.#offsets.at(-1)
    if (last?.to === range.from) this.#offsets[this.#offsets.length - 1] = { from: last.from, to: range.to }
    else this.#offsets.push(range)
  }
}

function sum(lengths: Uint32Array, from: number, to: number): number {
  let bytes = 0
  for (let i = from; i < to; i++) bytes += lengths[i]!
  return bytes
}
