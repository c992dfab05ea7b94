/** A set of offsets as ascending runs without overlap: what is settled above the low-water offset. */

import type { Offset, OffsetRange } from '../record.ts'

export class OffsetSet {
  #ranges: OffsetRange[]

  constructor(ranges: Iterable<OffsetRange> = []) {
    this.#ranges = []
    for (const range of ranges) this.add(range)
  }

  get ranges(): readonly OffsetRange[] {
    return this.#ranges
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0
  }

  add(range: OffsetRange): void {
    if (range.from >= range.to) return
    let { from, to } = range
    const first = this.#firstEndingAtOrAfter(from)
    let last = first
    while (last < this.#ranges.length && this.#ranges[last]!.from <= to) {
      from = Math.min(from, this.#ranges[last]!.from)
      to = Math.max(to, this.#ranges[last]!.to)
      last++
    }
    this.#ranges.splice(first, last - first, { from, to })
  }

  has(offset: Offset): boolean {
    return this.#covering(offset) !== undefined
  }

  /** The lowest offset at or above `offset` that is not in the set. */
  firstOutside(offset: Offset): Offset {
    return this.#covering(offset)?.to ?? offset
  }

  /** The lowest offset at or above `offset` that is in the set; Infinity when there is none. */
  firstInside(offset: Offset): Offset {
    const range = this.#ranges[this.#firstEndingAtOrAfter(offset + 1)]
    return range === undefined ? Infinity : Math.max(range.from, offset)
  }

  /** Forgets all below `offset`. */
  dropBelow(offset: Offset): void {
    const kept = this.#firstEndingAtOrAfter(offset + 1)
    this.#ranges.splice(0, kept)
    const first = this.#ranges[0]
    if (first !== undefined && first.from < offset) this.#ranges[0] = { from: offset, to: first.to }
  }

  #covering(offset: Offset): OffsetRange | undefined {
    const range = this.#ranges[this.#firstEndingAtOrAfter(offset + 1)]
    return range !== undefined && range.from <= offset ? range : undefined
  }

  /** Index of the first range whose end is at or above `end`. */
  #firstEndingAtOrAfter(end: Offset): number {
    let low = 0
    let high = this.#ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#ranges[middle]!.to >= end) high = middle
      else low = middle + 1
    }
    return low
  }
}
