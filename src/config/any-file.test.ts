import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { OperatorError } from '../errors.ts'
import { load, problemsOf } from './testing.ts'

describe('any file gives a Config or an OperatorError', () => {
  const word = fc.constantFrom(
    ...'callers masterKeys buckets deliveryStreams s3 log quota region policy effect endpoint'.split(' '),
    ...'a - : [ ] { } & * ! | > ? # % @ ` " \' 1 ~ true << *x &x !!map --- ... ${A} ${HYDRANT_B}'.split(' '),
    ...['\n', '\n  ', '\n    ', '\n- ', ': ', ', ', '\t', '\0', '\uFEFF', '\u2028'],
  )
  const accepts = (file: string) => {
    try {
      load({ file })
    } catch (error) {
      assert(error instanceof OperatorError, `${String(error)} for ${JSON.stringify(file)}`)
    }
  }
  test('words of YAML in any order', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => accepts(words.join(''))),
      { numRuns: 1500 },
    )
  })
  test('any characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), accepts), { numRuns: 500 })
  })
  test('well-formed files of any shape', () => {
    const { tree } = fc.letrec<{ tree: unknown; map: object }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.integer(),
        fc.constant(null),
        fc.array(tie('tree')),
        tie('map'),
      ),
      map: fc.dictionary(fc.oneof(word, fc.string()), tie('tree'), { maxKeys: 6 }),
    }))
    fc.assert(
      fc.property(tree, (value) => accepts(JSON.stringify(value))),
      { numRuns: 500 },
    )
  })
  test('a small file that aliases blow up', () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(9)}]`,
    )
    const [problem] = problemsOf({ file: `a0: &a0 [1]\n${levels.join('\n')}` })
    assert.match(problem!, /too many values$/)
  })
  test('a thousand brackets', () => {
    assert.deepEqual(problemsOf({ file: `a: ${'['.repeat(20_000)}` }).length, 1)
  })
})
