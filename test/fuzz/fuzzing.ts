/**
 * How much is fuzzed, and how: each case has a seed of its own, which a failure names. `HYDRANT_FUZZ_SEED=n` runs other
 * cases, `HYDRANT_FUZZ_FACTOR=10` runs more of them.
 */

import assert from 'node:assert/strict'
import { SeededChance } from '../support/seeded-chance.ts'

/** Ten thousand and more together. */
export const CASES = {
  bodies: 4000,
  base64: 1500,
  heads: 1500,
  prefixes: 1000,
  signatures: 2000,
  framing: 1500,
  configFiles: 500,
} as const

const SEED = Number(process.env['HYDRANT_FUZZ_SEED'] ?? 1)
const FACTOR = Number(process.env['HYDRANT_FUZZ_FACTOR'] ?? 1)
const AT_ONCE = 8
const SHOWN_CHARACTERS = 2000

/**
 * Runs every case of a kind, some at once.
 * @param attempt  makes the input from the case's chance and checks what comes back; `note` says what was sent
 */
export async function fuzz(
  kind: keyof typeof CASES,
  attempt: (chance: SeededChance, note: (sent: unknown) => void) => void | Promise<void>,
): Promise<void> {
  const count = CASES[kind] * FACTOR
  let next = 0
  const lane = async () => {
    while (next < count) {
      const seed = SEED * 1_000_000 + next++
      let sent: unknown
      try {
        await attempt(new SeededChance(seed), (what) => {
          sent = what
        })
      } catch (error) {
        next = count
        const text = typeof sent === 'string' ? sent : (JSON.stringify(sent) ?? '')
        throw new Error(
          `${kind}, case ${seed}: ${error instanceof Error ? error.message : error}\nsent: ${text.slice(0, SHOWN_CHARACTERS)}`,
          { cause: error },
        )
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

/** The server must still be there, take a put, and have found no defect in itself. */
export async function assertUnharmed(server: {
  readonly url: string
  readonly isRunning: boolean
  readonly log: readonly Readonly<Record<string, unknown>>[]
}): Promise<void> {
  assert(server.isRunning, 'the server ended')
  const health = await fetch(`${server.url}/health`)
  assert.equal(health.status, 200, await health.text())
  const errors = server.log.filter(({ level }) => level === 'error' || level === 'fatal')
  assert.deepEqual(errors, [])
}
