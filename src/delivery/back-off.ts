/** How long to wait before the next try. */

import type { Chance } from '../platform.ts'

const FIRST_MS = 1000
const LONGEST_MS = 120_000

/**
 * Full jitter over a doubling bound: 0 to 1 s after the first failure, 0 to 2 min from the eighth on.
 * @see AWS Architecture Blog, "Exponential Backoff And Jitter"
 */
export function backOffMs(failures: number, chance: Chance): number {
  return chance.fraction() * Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1))
}
