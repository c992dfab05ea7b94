/** A platform for tests: time stands still, chance is seeded, the disk is in memory and fails when it is told to. */

import type { Platform } from '../../src/platform.ts'
import { SeededChance } from './seeded-chance.ts'
import { SimulatedClock } from './simulated-clock.ts'
import { SimulatedDisk } from './simulated-disk.ts'

export interface SimulatedPlatform extends Platform {
  readonly clock: SimulatedClock
  readonly disk: SimulatedDisk
  readonly chance: SeededChance
}

export function simulatedPlatform(
  options: { readonly seed?: number; readonly clock?: SimulatedClock; readonly disk?: SimulatedDisk } = {},
): SimulatedPlatform {
  return {
    clock: options.clock ?? new SimulatedClock(),
    disk: options.disk ?? new SimulatedDisk(),
    chance: new SeededChance(options.seed ?? 1),
  }
}

export { type CrashPolicy, keepsAll, keepsSome, losesAll } from './crash-policy.ts'
export { settled } from './simulated-clock.ts'
export { CrashError } from './simulated-disk.ts'
