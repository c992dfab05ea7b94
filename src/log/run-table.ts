/**
 * Where records lie: a run is a stretch of one segment filled by frames of one partition, offsets without a gap.
 * Kept as columns of numbers, because a server with many streams has many runs.
 */

import type { Offset, PartitionId } from '../record.ts'

export interface Run {
  readonly partition: PartitionId
  /** Of the segment it lies in. */
  readonly epoch: number
  /** First byte of the first frame. */
  readonly position: number
  readonly bytes: number
  readonly baseOffset: Offset
  /** One above the last. */
  readonly endOffset: Offset
}

export const RUN_COLUMNS = 6

/** An append-only list of runs; neighbours that continue each other become one. */
export class RunTable {
  #values = new Float64Array(2 * RUN_COLUMNS)
  #length = 0

  get length(): number {
    return this.#length
  }

  add(run: Run): void {
    if (this.#extendLast(run)) return
    if ((this.#length + 1) * RUN_COLUMNS > this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2)
      grown.set(this.#values)
      this.#values = grown
    }
    const at = this.#length * RUN_COLUMNS
    this.#values[at] = run.partition
    this.#values[at + 1] = run.epoch
    this.#values[at + 2] = run.position
    this.#values[at + 3] = run.bytes
    this.#values[at + 4] = run.baseOffset
    this.#values[at + 5] = run.endOffset
    this.#length++
  }

  at(index: number): Run {
    return runAt(this.#values, index * RUN_COLUMNS)
  }

  *[Symbol.iterator](): Iterator<Run> {
    for (let i = 0; i < this.#length; i++) yield this.at(i)
  }

  /** A copy of the columns, row by row: partition, epoch, position, bytes, base offset, end offset. */
  toArray(): Float64Array<ArrayBuffer> {
    return this.#values.slice(0, this.#length * RUN_COLUMNS)
  }

  #extendLast(run: Run): boolean {
    if (this.#length === 0) return false
    const at = (this.#length - 1) * RUN_COLUMNS
    const values = this.#values
    const continues =
      values[at] === run.partition &&
      values[at + 1] === run.epoch &&
      values[at + 2]! + values[at + 3]! === run.position &&
      values[at + 5] === run.baseOffset
    if (!continues) return false
    values[at + 3] = values[at + 3]! + run.bytes
    values[at + 5] = run.endOffset
    return true
  }
}

export function* runsOf(rows: Float64Array): Generator<Run> {
  for (let at = 0; at < rows.length; at += RUN_COLUMNS) yield runAt(rows, at)
}

function runAt(values: Float64Array, at: number): Run {
  return {
    partition: values[at]!,
    epoch: values[at + 1]!,
    position: values[at + 2]!,
    bytes: values[at + 3]!,
    baseOffset: values[at + 4]!,
    endOffset: values[at + 5]!,
  }
}
