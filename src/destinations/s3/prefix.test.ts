import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Chance } from '../../platform.ts'
import {
  checkPrefixes,
  checkTimeZone,
  evaluateErrorPrefix,
  evaluatePrefix,
  PrefixError,
  parsePrefix,
} from './prefix.ts'
import { zonedTime } from './zoned-time.ts'

const chance: Chance = { bytes: (n) => Buffer.alloc(n), uuid: () => 'u', fraction: () => 0.5 }
const time = zonedTime(Date.UTC(2026, 6, 13, 14, 5, 9), 'UTC')
const facts = { time, chance }
const LEAD = 'Ths supplied prefix(es) do not satisfy the following constraint: '

describe('the prefix of delivered objects', () => {
  const cases: readonly [source: string, key: string][] = [
    ['', '2026/07/13/14/'],
    ['legacy', 'legacy2026/07/13/14/'],
    ['a/', 'a/2026/07/13/14/'],
    ['a/!{timestamp:yyyy}/', 'a/2026/'],
    ["!{timestamp:'y='yyyy}-!{timestamp:mm}", 'y=2026-05'],
    ['x!{firehose:random-string}y', 'xffffffffffffy'.replace('ffffffffffff', 'f'.repeat(11))],
    ['!notexpression', '!notexpression2026/07/13/14/'],
  ]
  for (const [source, key] of cases) {
    test(JSON.stringify(source), () => assert.equal(evaluatePrefix(source, facts), key))
  }

  test('random strings are new for every occurrence', () => {
    let next = 0
    const counting = { ...chance, fraction: () => (next++ % 62) / 62 }
    const key = evaluatePrefix('!{firehose:random-string}/!{firehose:random-string}/', {
      time,
      chance: counting,
    })
    const [first, second] = key.split('/')
    assert.match(first!, /^[A-Za-z0-9]{11}$/)
    assert.notEqual(first, second)
  })
})

describe('the prefix of the error output', () => {
  const cases: readonly [errorOutputPrefix: string, prefix: string, key: string][] = [
    ['retries/', 'data/', 'retries/processing-failed/2026/07/13/14/'],
    ['', 'data/', 'data/processing-failed/2026/07/13/14/'],
    ['', '', 'processing-failed/2026/07/13/14/'],
    ['e/!{firehose:error-output-type}/!{timestamp:dd}/', 'd', 'e/processing-failed/13/'],
  ]
  for (const [errorOutputPrefix, prefix, key] of cases) {
    test(JSON.stringify([errorOutputPrefix, prefix]), () => {
      const evaluated = evaluateErrorPrefix(errorOutputPrefix, prefix, {
        ...facts,
        errorOutputType: 'processing-failed',
      })
      assert.equal(evaluated, key)
    })
  }
})

describe('what is refused', () => {
  const dynamicPartitioning = false
  const cases: readonly [prefix: string, errorOutputPrefix: string, sentence: RegExp][] = [
    ['!{timestamp:yyyy}', '', /ErrorOutputPrefix cannot be null or empty when Prefix contains expressions$/],
    ['!{firehose:error-output-type}', 'e!{firehose:error-output-type}', /Prefix cannot contain/],
    ['', 'e/!{timestamp:yyyy}/', /must contain !\{firehose:error-output-type\}/],
    ['!{time:yyyy}', 'e', /the namespaces are/],
    ['!{timestamp:T}', 'e', /Unknown pattern letter: T/],
    ['!{timestamp:}', 'e', /must have the form/],
    ['a!{', 'e', /is not closed/],
    ['', '!{partitionKeyFromQuery:a}!{firehose:error-output-type}', /cannot contain partition keys/],
    [`!{timestamp:'${'x'.repeat(513)}'}`, 'e', /longer than 512/],
  ]
  for (const [prefix, errorOutputPrefix, sentence] of cases) {
    test(JSON.stringify([prefix.slice(0, 40), errorOutputPrefix]), () => {
      const message = checkPrefixes(prefix, errorOutputPrefix, { dynamicPartitioning })
      assert(message?.startsWith(LEAD))
      assert.match(message ?? '', sentence)
    })
  }

  test('partition keys without dynamic partitioning', () => {
    assert.equal(
      checkPrefixes('!{partitionKeyFromQuery:a}/', 'e', { dynamicPartitioning }),
      'Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled.',
    )
  })

  test('time zones that do not exist', () => {
    assert.equal(checkTimeZone('Europe/Berlin'), undefined)
    assert.equal(checkTimeZone('Asia/Calcutta'), undefined)
    assert.equal(checkTimeZone(''), undefined)
    assert.match(checkTimeZone('Mars/Olympus') ?? '', /not a time zone/)
  })
})

test('any text is a prefix or is refused with a PrefixError', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('!', '{', '}', ':', 'a', "'", 'timestamp', 'firehose', 'y') }),
      (text) => {
        try {
          const { hasExpressions } = parsePrefix(text)
          const key = evaluatePrefix(text, facts)
          if (!hasExpressions) assert.equal(key, `${text}2026/07/13/14/`)
        } catch (error) {
          assert(error instanceof PrefixError)
        }
      },
    ),
  )
})
