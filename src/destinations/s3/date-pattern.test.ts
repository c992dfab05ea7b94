import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compileDatePattern, DatePatternError } from './date-pattern.ts'
import { zonedTime } from './zoned-time.ts'

interface Golden {
  readonly instants: readonly number[]
  readonly zones: readonly string[]
  readonly refused: readonly string[]
  /** By pattern: for each instant, for each zone. Null: Java compiles the pattern and cannot print it. */
  readonly printed: Readonly<Record<string, readonly (string | null)[]>>
}

const golden = JSON.parse(
  readFileSync(new URL('date-pattern.golden.json', import.meta.url), 'utf8'),
) as Golden

/** Names of zones differ where the JDK's data have an abbreviation and Unicode's an offset. */
function isZoneName(pattern: string): boolean {
  return /^z+$/.test(pattern)
}

test('prints what Java prints', () => {
  const differences: string[] = []
  for (const [pattern, values] of Object.entries(golden.printed)) {
    if (isZoneName(pattern)) continue
    const print = compileDatePattern(pattern)
    for (const [i, instant] of golden.instants.entries()) {
      for (const [j, zone] of golden.zones.entries()) {
        const expected = values[i * golden.zones.length + j]
        const printed = attempt(() => print(zonedTime(instant, zone)))
        if (printed !== expected)
          differences.push(`${pattern} ${instant} ${zone}: ${printed}, Java ${expected}`)
      }
    }
  }
  assert.deepEqual(differences, [])
})

test('prints names of zones of the United States and UTC as Java does', () => {
  for (const [pattern, values] of Object.entries(golden.printed)) {
    if (!isZoneName(pattern)) continue
    const print = compileDatePattern(pattern)
    for (const [i, instant] of golden.instants.entries()) {
      for (const zone of ['UTC', 'America/New_York']) {
        const expected = values[i * golden.zones.length + golden.zones.indexOf(zone)]
        assert.equal(print(zonedTime(instant, zone)), expected, `${pattern} ${zone}`)
      }
    }
  }
})

test('refuses what Java refuses', () => {
  for (const pattern of golden.refused) {
    assert.throws(() => compileDatePattern(pattern), DatePatternError, pattern)
  }
})

function attempt(print: () => string): string | null {
  try {
    return print()
  } catch (error) {
    assert(error instanceof DatePatternError)
    return null
  }
}
