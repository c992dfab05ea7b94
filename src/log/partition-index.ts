/**
 * Where the records of one partition are, in order of their offsets: first in segments of its own, then in shared
 * ones. Made when a partition is opened, told of every commit, and read by its deliveries.
 */

import type { Offset, PartitionId } from '../record.ts'
import type { Run } from './run-table.ts'

/** A segment that holds records of one partition only. */
export interface OwnSegment {
  readonly path: string
  readonly epoch: number
  readonly baseOffset: Offset
  readonly endOffset: Offset
}

export type Place =
  | { readonly kind: 'own'; readonly segment: OwnSegment }
  | { readonly kind: 'shared'; readonly run: Run }

export class PartitionIndex {
  readonly partition: PartitionId
  #own: OwnSegment[]
  /** Runs ascend by offset, and all lie behind the own segments. */
  #shared: Run[] = []

  constructor(partition: PartitionId, own: readonly OwnSegment[], shared: Iterable<Run>) {
    this.partition = partition
    this.#own = [...own]
    for (const run of shared) this.add(run)
  }

  get endOffset(): Offset {
    return this.#shared.at(-1)?.endOffset ?? this.#own.at(-1)?.endOffset ?? 0
  }

  /** Records were committed. What a segment of its own holds already is left out: an interrupted move leaves both. */
  add(run: Run): void {
    if (run.endOffset <= this.endOffset) return
    const last = this.#shared.at(-1)
    const continues =
      last !== undefined &&
      last.epoch === run.epoch &&
      last.endOffset === run.baseOffset &&
      last.position + last.bytes === run.position
    if (!continues) {
      this.#shared.push(run)
      return
    }
    this.#shared[this.#shared.length - 1] = {
      ...last,
      bytes: last.bytes + run.bytes,
      endOffset: run.endOffset,
    }
  }

  /** The runs of shared segment `epoch` lie in `segments` now; the first of them may be one that grew. */
  moved(epoch: number, segments: readonly OwnSegment[]): void {
    this.#shared = this.#shared.filter((run) => run.epoch !== epoch)
    if (this.#own.at(-1)?.path === segments[0]?.path) this.#own.pop()
    this.#own.push(...segments)
  }

  /** Forgets what lies below `offset`, the lowest still open. */
  trim(offset: Offset): void {
    if ((this.#own[0]?.endOffset ?? Infinity) <= offset) {
      this.#own = this.#own.filter((segment) => segment.endOffset > offset)
    }
    let settled = 0
    while (settled < this.#shared.length && this.#shared[settled]!.endOffset <= offset) settled++
    // The last run stays: it says where the partition ends, and grows.
    settled = Math.min(settled, this.#shared.length - 1)
    if (settled > 0) this.#shared.splice(0, settled)
  }

  /** Where the first record at or behind `offset` is; undefined at the tail. */
  find(offset: Offset): Place | undefined {
    if (offset < (this.#own.at(-1)?.endOffset ?? 0)) {
      const segment = this.#own.find((own) => own.endOffset > offset)
      if (segment !== undefined) return { kind: 'own', segment }
    }
    const run = firstEndingAfter(this.#shared, offset)
    return run === undefined ? undefined : { kind: 'shared', run }
  }
}

/** The first of ascending runs that holds `offset` or a later one. */
export function firstEndingAfter(runs: readonly Run[], offset: Offset): Run | undefined {
  let low = 0
  let high = runs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (runs[middle]!.endOffset > offset) high = middle
    else low = middle + 1
  }
  return runs[low]
}
