/** What a power failure leaves of writes and directory changes that were not synced. */

import type { SeededChance } from './seeded-chance.ts'

export interface ByteRange {
  readonly from: number
  readonly to: number
}

export interface CrashPolicy {
  /** The parts of an unsynced write of `bytes` bytes that survive; asked for each write in turn. */
  survivors(bytes: number): readonly ByteRange[]
  /** Whether an unsynced creation, renaming, removal or change of size survives. */
  survives(): boolean
}

/** Only what was synced is left. */
export const losesAll: CrashPolicy = { survivors: () => [], survives: () => false }

/** All had reached the disk, though nobody waited for it. */
export const keepsAll: CrashPolicy = { survivors: (bytes) => [{ from: 0, to: bytes }], survives: () => true }

const SECTOR_BYTES = 512

/** Each write survives whole, not at all, up to some byte, or in scattered sectors. */
export function keepsSome(chance: SeededChance): CrashPolicy {
  return {
    survivors: (bytes) => {
      switch (chance.integer(4)) {
        case 0:
          return []
        case 1:
          return [{ from: 0, to: bytes }]
        case 2:
          return [{ from: 0, to: chance.integer(bytes + 1) }]
        default:
          return scattered(bytes, chance)
      }
    },
    survives: () => chance.oneIn(2),
  }
}

function scattered(bytes: number, chance: SeededChance): ByteRange[] {
  const ranges: ByteRange[] = []
  for (let from = 0; from < bytes; from += SECTOR_BYTES) {
    if (chance.oneIn(2)) ranges.push({ from, to: Math.min(bytes, from + SECTOR_BYTES) })
  }
  return ranges
}
