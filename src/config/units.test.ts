import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { editDistance, nearest } from './nearest.ts'
import { formatBytes, formatDuration, parseBytes, parseDuration } from './units.ts'

test('sizes as people write them', () => {
  const sizes: Readonly<Record<string, number | undefined>> = {
    '5 MB': 5e6,
    '256MiB': 2 ** 28,
    '1.5 GiB': 1.5 * 2 ** 30,
    '1234': 1234,
    '10 b': 10,
    '5 mb': 5e6,
    '5M': undefined,
    '-5 MB': undefined,
    '1e6': undefined,
    '': undefined,
    constructor: undefined,
    '1 constructor': undefined,
    '9999999999999999 TiB': undefined,
  }
  for (const [text, bytes] of Object.entries(sizes)) assert.equal(parseBytes(text), bytes, text)
})

test('durations as people write them', () => {
  const durations: Readonly<Record<string, number | undefined>> = {
    '24h': 86_400_000,
    '500 ms': 500,
    '90': 90_000,
    '0': 0,
    '7 d': 7 * 86_400_000,
    '5 m': undefined,
  }
  for (const [text, ms] of Object.entries(durations)) assert.equal(parseDuration(text, 's'), ms, text)
})

test('what is shown can be read again', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (amount) => {
      assert.equal(parseBytes(formatBytes(amount)), amount)
      assert.equal(parseDuration(formatDuration(amount), 's'), amount)
    }),
  )
  assert.equal(formatBytes(100 * 2 ** 30), '100 GiB')
  assert.equal(formatBytes(256e6), '256 MB')
})

test('the nearest word is the one with the fewest edits', () => {
  assert.equal(editDistance('listen', 'listen'), 0)
  assert.equal(editDistance('lsiten', 'listen'), 1)
  assert.equal(editDistance('kitten', 'sitting'), 3)
  assert.equal(nearest('LISTN', ['region', 'listen']), 'listen')
  assert.equal(nearest('zzz', ['region', 'listen']), undefined)
})
