/** A file of the simulated disk: what a reader sees, what is on stable storage, and the writes between the two. */

import type { CrashPolicy } from './crash-policy.ts'
import { SparseBytes } from './sparse-bytes.ts'

type Change = { readonly bytes: Buffer; readonly position: number } | { readonly truncatedTo: number }

export class SimulatedFile {
  readonly content: SparseBytes
  readonly #durable: SparseBytes
  #unsynced: Change[] = []

  constructor(durable: SparseBytes = new SparseBytes()) {
    this.#durable = durable
    this.content = durable.copy()
  }

  write(bytes: Uint8Array, position: number): void {
    const copy = Buffer.from(bytes)
    this.content.write(copy, position)
    this.#unsynced.push({ bytes: copy, position })
  }

  truncate(size: number): void {
    this.content.truncate(size)
    this.#unsynced.push({ truncatedTo: size })
  }

  sync(): void {
    for (const change of this.#unsynced) apply(this.#durable, change)
    this.#unsynced = []
  }

  /** As Linux does after a failed sync: pages count as clean, are read back, and never reach the disk. */
  forgetUnsynced(): void {
    this.#unsynced = []
  }

  flip(position: number, mask: number): void {
    for (const bytes of [this.content, this.#durable]) {
      const one = Buffer.alloc(1)
      if (bytes.read(one, position) === 1) bytes.write(Buffer.of(one[0]! ^ mask), position)
    }
  }

  /** The file as it is found after a power failure. */
  afterCrash(policy: CrashPolicy): SimulatedFile {
    const durable = this.#durable.copy()
    for (const change of this.#unsynced) {
      if ('truncatedTo' in change) {
        if (policy.survives()) apply(durable, change)
        continue
      }
      for (const { from, to } of policy.survivors(change.bytes.length)) {
        durable.write(change.bytes.subarray(from, to), change.position + from)
      }
    }
    return new SimulatedFile(durable)
  }
}

function apply(bytes: SparseBytes, change: Change): void {
  if ('truncatedTo' in change) bytes.truncate(change.truncatedTo)
  else bytes.write(change.bytes, change.position)
}
