import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { backOffMs } from './back-off.ts'

function chanceOf(fraction: number) {
  return { fraction: () => fraction, bytes: () => Buffer.alloc(0), uuid: () => '' }
}

test('waits up to a bound that doubles from one second to two minutes', () => {
  const bounds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 5000].map((failures) => backOffMs(failures, chanceOf(1)))
  assert.deepEqual(bounds, [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 120_000, 120_000, 120_000])
})

test('waits any part of the bound, so that streams that failed together do not come back together', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (failures, part) => {
        const ms = backOffMs(failures, chanceOf(part))
        assert.ok(ms >= 0 && ms <= 120_000)
        assert.equal(ms, part * backOffMs(failures, chanceOf(1)))
      },
    ),
  )
})
