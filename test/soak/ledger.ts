/** What a delivery stream was given, by number: each put record has one of its own, never given twice. */

const ACKNOWLEDGED = 1

export interface Verdict {
  readonly acknowledged: number
  /** Acknowledged, but not in any object. */
  readonly lost: number
  /** In objects more than once. */
  readonly duplicated: number
  /** In an object, but never given, or not readable as a record. */
  readonly invented: number
  /** Numbers to look for, at most ten of each. */
  readonly examples: readonly string[]
}

export class Ledger {
  #states = new Uint8Array(1024)
  #next = 0
  #acknowledged = 0

  get acknowledged(): number {
    return this.#acknowledged
  }

  /** @returns the first of `count` new numbers */
  take(count: number): number {
    const first = this.#next
    this.#next += count
    while (this.#next > this.#states.length) {
      const grown = new Uint8Array(this.#states.length * 2)
      grown.set(this.#states)
      this.#states = grown
    }
    return first
  }

  acknowledge(first: number, count: number): void {
    this.#states.fill(ACKNOWLEDGED, first, first + count)
    this.#acknowledged += count
  }

  /** @param counts  how often each number was found, and what was found that is none */
  judge(counts: Tally): Verdict {
    let lost = 0
    let duplicated = 0
    const examples: string[] = []
    const example = (kind: string, number: number, sofar: number) => {
      if (sofar <= 10) examples.push(`${kind} ${number}`)
    }
    for (let number = 0; number < this.#next; number++) {
      const found = counts.of(number)
      if (found > 1) example('duplicated', number, ++duplicated)
      if (found === 0 && this.#states[number] === ACKNOWLEDGED) example('lost', number, ++lost)
    }
    const invented = counts.unreadable + counts.above(this.#next)
    return { acknowledged: this.#acknowledged, lost, duplicated, invented, examples }
  }
}

/** How often each number was found. */
export class Tally {
  #counts = new Uint8Array(1024)
  #highest = -1
  distinct = 0
  unreadable = 0

  add(number: number): void {
    while (number >= this.#counts.length) {
      const grown = new Uint8Array(this.#counts.length * 2)
      grown.set(this.#counts)
      this.#counts = grown
    }
    if (this.#counts[number] === 0) this.distinct++
    if (this.#counts[number]! < 255) this.#counts[number]!++
    this.#highest = Math.max(this.#highest, number)
  }

  of(number: number): number {
    return this.#counts[number] ?? 0
  }

  /** How many numbers from `end` on were found. */
  above(end: number): number {
    let found = 0
    for (let number = end; number <= this.#highest; number++) if (this.of(number) > 0) found++
    return found
  }
}
