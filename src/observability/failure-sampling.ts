/** Which of many failed tries are worth a line: the first of each kind, then one a minute that says how many there were. */

import type { Clock } from '../platform.ts'
import type { Lane } from './events.ts'

const BETWEEN_LINES_MS = 60_000

interface Failing {
  /** Not yet in a line. */
  unsaid: number
  saidAtMs: number
  total: number
}

export class FailureSampling {
  readonly #clock: Clock
  /** By delivery stream, lane and error code. A stream is in it only while it fails. */
  readonly #streams = new Map<string, Map<Lane, Map<string, Failing>>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @returns failures to write a line about: all since the last line; 0 when it is too early for one */
  failed(streamName: string, lane: Lane, errorCode: string): number {
    const nowMs = this.#clock.monotonic()
    const lanes = this.#streams.get(streamName) ?? new Map<Lane, Map<string, Failing>>()
    this.#streams.set(streamName, lanes)
    const codes = lanes.get(lane) ?? new Map<string, Failing>()
    lanes.set(lane, codes)
    const failing = codes.get(errorCode) ?? { unsaid: 0, saidAtMs: -Infinity, total: 0 }
    codes.set(errorCode, failing)
    failing.unsaid++
    failing.total++
    if (nowMs - failing.saidAtMs < BETWEEN_LINES_MS) return 0
    const { unsaid } = failing
    failing.unsaid = 0
    failing.saidAtMs = nowMs
    return unsaid
  }

  /** @returns how many tries failed before this one, in all; 0 when none did */
  succeeded(streamName: string, lane: Lane): number {
    const lanes = this.#streams.get(streamName)
    const codes = lanes?.get(lane)
    if (lanes === undefined || codes === undefined) return 0
    lanes.delete(lane)
    if (lanes.size === 0) this.#streams.delete(streamName)
    let total = 0
    for (const failing of codes.values()) total += failing.total
    return total
  }

  forget(streamName: string): void {
    this.#streams.delete(streamName)
  }
}
