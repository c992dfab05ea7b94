/**
 * Where the records of one partition are, by their offsets: in segments of its own and in shared ones. Made when a
 * partition is opened, told of every commit, and read by its deliveries.
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
  /** Both ascend by offset; a move puts an own segment between shared runs that stay where they are. */
  #own: OwnSegment[]
  #shared: Run[] = []
  #endOffset: Offset

  constructor(partition: PartitionId, own: readonly OwnSegment[], shared: Iterable<Run>) {
    this.partition = partition
    this.#own = [...own].sort(byEnd)
    this.#endOffset = this.#own.at(-1)?.endOffset ?? 0
    for (const run of shared) {
      // A move that was interrupted leaves records in both places.
      if (!this.#own.some((segment) => holds(segment, run))) this.#push(run)
    }
  }

  /** One above the last offset that was ever here. */
  get endOffset(): Offset {
    return this.#endOffset
  }

  /** Records were committed. Those that are known already are left out. */
  add(run: Run): void {
    if (run.endOffset > this.#endOffset) this.#push(run)
  }

  /** What is unsettled in shared segment `epoch` lies in `segments` now; some of them may be ones that grew. */
  moved(epoch: number, segments: readonly OwnSegment[]): void {
    this.#shared = this.#shared.filter((run) => run.epoch !== epoch)
    const kept = this.#own.filter((own) => segments.every(({ path }) => path !== own.path))
    this.#own = [...kept, ...segments].sort(byEnd)
  }

  /** Forgets what lies below `offset`, the lowest still open. Returns the own segments that nobody reads from now on. */
  trim(offset: Offset): readonly OwnSegment[] {
    this.#shared.splice(0, firstEndingAfter(this.#shared, offset))
    return this.#own.splice(0, firstEndingAfter(this.#own, offset))
  }

  /** Where the first record at or behind `offset` is; undefined at the tail. */
  find(offset: Offset): Place | undefined {
    const segment = this.#own[firstEndingAfter(this.#own, offset)]
    const run = this.#shared[firstEndingAfter(this.#shared, offset)]
    if (segment !== undefined && (run === undefined || isBefore(segment, run, offset))) {
      return { kind: 'own', segment }
    }
    return run === undefined ? undefined : { kind: 'shared', run }
  }

  #push(run: Run): void {
    this.#endOffset = Math.max(this.#endOffset, run.endOffset)
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
}

interface Stretch {
  readonly baseOffset: Offset
  readonly endOffset: Offset
}

/** Index of the first of ascending stretches that holds `offset` or a later one; their number when none does. */
export function firstEndingAfter(stretches: readonly Stretch[], offset: Offset): number {
  let low = 0
  let high = stretches.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (stretches[middle]!.endOffset > offset) high = middle
    else low = middle + 1
  }
  return low
}

export function holds(outer: Stretch, inner: Stretch): boolean {
  return outer.baseOffset <= inner.baseOffset && inner.endOffset <= outer.endOffset
}

function isBefore(a: Stretch, b: Stretch, offset: Offset): boolean {
  return Math.max(a.baseOffset, offset) <= Math.max(b.baseOffset, offset)
}

function byEnd(a: Stretch, b: Stretch): number {
  return a.endOffset - b.endOffset || a.baseOffset - b.baseOffset
}
