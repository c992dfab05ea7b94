/** Makes names in directories durable. Callers that ask while a sync of the same directory waits share it. */

import { dirname } from 'node:path'
import type { Disk } from '../../platform.ts'

interface Syncs {
  readonly running: Promise<void>
  /** Starts when `running` ends, and covers all who asked meanwhile. */
  next?: Promise<void>
}

export class DurableNames {
  readonly #disk: Disk
  readonly #directories = new Map<string, Syncs>()

  constructor(disk: Disk) {
    this.#disk = disk
  }

  /** Makes a directory, and those above it that are missing; each is durable before there is anything in it. */
  async makeDirectory(path: string): Promise<void> {
    const parent = dirname(path)
    if ((await this.#disk.size(parent)) === undefined) await this.makeDirectory(parent)
    await this.#disk.makeDirectory(path)
    // Also when it was there: whoever made it may not have come to this.
    await this.sync(parent)
  }

  /** Resolves when every name that is in the directory by now is on stable storage. */
  sync(directory: string): Promise<void> {
    const syncs = this.#directories.get(directory)
    if (syncs === undefined) return this.#start(directory)
    const start = () => this.#start(directory)
    // The one that runs may have begun before our name was there.
    syncs.next ??= syncs.running.then(start, start)
    return syncs.next
  }

  #start(directory: string): Promise<void> {
    const syncs: Syncs = { running: this.#disk.syncDirectory(directory) }
    this.#directories.set(directory, syncs)
    const forget = () => {
      if (syncs.next === undefined) this.#directories.delete(directory)
    }
    syncs.running.then(forget, forget)
    return syncs.running
  }
}
