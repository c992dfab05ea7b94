/** The directories of the simulated disk: names as they are seen, and those that survive a power failure. */

import { dirname } from 'node:path'
import type { CrashPolicy } from './crash-policy.ts'
import type { SimulatedFile } from './simulated-file.ts'

export type Entry = SimulatedFile | 'directory'

/** A change that is not durable before all of `unsynced`, the directories it is in, were synced. */
type Change = { readonly unsynced: Set<string> } & (
  | { readonly created: string; readonly entry: Entry }
  | { readonly removed: string }
  | { readonly from: string; readonly to: string; readonly entry: Entry }
)

type Names = Map<string, Entry>

export class SimulatedNames {
  readonly seen: Names
  readonly #durable: Names
  #changes: Change[] = []

  constructor(durable: Names = new Map([['/', 'directory']])) {
    this.#durable = durable
    this.seen = new Map(durable)
  }

  create(path: string, entry: Entry): void {
    this.#change({ created: path, entry, unsynced: new Set([dirname(path)]) })
  }

  remove(path: string): void {
    this.#change({ removed: path, unsynced: new Set([dirname(path)]) })
  }

  /** One step, as on every journaling file system: after a crash the file has either name. */
  rename(from: string, to: string): void {
    const entry = this.seen.get(from)!
    this.#change({ from, to, entry, unsynced: new Set([dirname(from), dirname(to)]) })
  }

  sync(directory: string): void {
    const waiting: Change[] = []
    for (const change of this.#changes) {
      change.unsynced.delete(directory)
      if (change.unsynced.size === 0) apply(this.#durable, change)
      else waiting.push(change)
    }
    this.#changes = waiting
  }

  afterCrash(policy: CrashPolicy): SimulatedNames {
    const names = new Map(this.#durable)
    for (const change of this.#changes) if (policy.survives()) apply(names, change)
    // A file in a directory whose own name was lost is lost with it.
    for (const path of [...names.keys()].sort()) {
      if (path !== '/' && names.get(dirname(path)) !== 'directory') names.delete(path)
    }
    for (const [path, entry] of names) if (entry !== 'directory') names.set(path, entry.afterCrash(policy))
    return new SimulatedNames(names)
  }

  #change(change: Change): void {
    apply(this.seen, change)
    this.#changes.push(change)
  }
}

function apply(names: Names, change: Change): void {
  if ('created' in change) {
    names.set(change.created, change.entry)
  } else if ('removed' in change) {
    for (const path of within(names, change.removed)) names.delete(path)
  } else {
    const { from, to, entry } = change
    for (const path of within(names, from)) {
      const moved = names.get(path)!
      names.delete(path)
      if (path !== from) names.set(to + path.slice(from.length), moved)
    }
    names.set(to, entry)
  }
}

/** A path, and all below it. */
function within(names: Names, path: string): string[] {
  return [...names.keys()].filter((other) => other === path || other.startsWith(`${path}/`))
}
