import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ApiError } from '../../errors.ts'
import type { Json, JsonObject } from '../../json.ts'
import { coerce } from './coerce.ts'
import { inputShape, operationNames } from './model.ts'

const NUMBER = 'class com.amazon.coral.value.json.numbers.TruncatingBigNumber'

/** Shape, what was sent, the sentence. */
const mismatches: readonly (readonly [string, Json, string])[] = [
  ['SizeInMBs', '5', 'class java.lang.String can not be converted to an Integer'],
  ['SizeInMBs', true, 'class java.lang.Boolean can not be converted to an Integer'],
  ['SizeInMBs', [], 'Start of list found where not expected'],
  ['SizeInMBs', {}, 'Start of structure or map found where not expected.'],
  ['Proportion', '5', 'class java.lang.String can not be converted to an Double'],
  ['Prefix', true, 'class java.lang.Boolean can not be converted to an String'],
  ['Prefix', 1, `${NUMBER} can not be converted to an String`],
  ['Prefix', [], 'Start of list found where not expected'],
  ['Prefix', {}, 'Start of structure or map found where not expected.'],
  ['BooleanObject', 1, `${NUMBER} can not be converted to an Boolean`],
  ['BooleanObject', 'maybe', "'MAYBE' can not be converted to an Boolean"],
  ['Data', true, 'class java.lang.Boolean can not be converted to a Blob'],
  ['Data', 1, `${NUMBER} can not be converted to a Blob`],
  [
    'Data',
    'abc',
    "'abc' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 3",
  ],
  ['Data', 'ab*=', "'ab*=' can not be converted to a Blob: Invalid Base64 character: '*'"],
  ['Data', 'a=bc', "'a=bc' can not be converted to a Blob: Invalid Base64 character: '='"],
  ['Data', '====', "'====' can not be converted to a Blob: Invalid Base64 character: '='"],
  ['Data', 'YWJ=', "'YWJ=' can not be converted to a Blob: Invalid last non-pad Base64 character dectected"],
  ['Data', 'YR==', "'YR==' can not be converted to a Blob: Invalid last non-pad Base64 character dectected"],
  ['ReadFromTimestamp', 'now', 'class java.lang.String can not be converted to milliseconds since epoch'],
  ['ReadFromTimestamp', true, 'class java.lang.Boolean can not be converted to milliseconds since epoch'],
  ['ProcessorList', 'x', 'Expected list or null'],
  ['ProcessorList', {}, 'Start of structure or map found where not expected.'],
  ['ColumnToJsonKeyMappings', 1, 'Expected map or null'],
  ['ColumnToJsonKeyMappings', [], 'Start of list found where not expected'],
  ['BufferingHints', 'x', 'Expected null'],
  ['BufferingHints', [], 'Start of list found where not expected'],
]

for (const [shape, sent, sentence] of mismatches) {
  test(`${shape} ${JSON.stringify(sent)}: ${sentence}`, () => {
    assert.throws(
      () => coerce(sent, shape),
      (error: ApiError) =>
        error.type === 'SerializationException' &&
        error.message === sentence &&
        error.messageKey === 'Message' &&
        error.status === 400,
    )
  })
}

test('null in a list is an InternalFailure', () => {
  assert.throws(
    () => coerce([null], 'ProcessorList'),
    (error: ApiError) => error.type === 'InternalFailure' && error.status === 500,
  )
})

/** Shape, what was sent, what it becomes. */
const conversions: readonly (readonly [string, Json, Json])[] = [
  ['SizeInMBs', 5.9, 5],
  ['SizeInMBs', 1e300, 2_147_483_647],
  ['Proportion', 0.25, 0.25],
  ['BooleanObject', 'Yes', true],
  ['BooleanObject', 'true', true],
  ['BooleanObject', '1', true],
  ['BooleanObject', 'FALSE', false],
  ['BooleanObject', 'no', false],
  ['BooleanObject', '0', false],
  ['Data', '', ''],
  ['Data', 'YQ==', 'YQ=='],
  ['Data', 'YWI=', 'YWI='],
  ['BufferingHints', { SizeInMBs: 1, sizeInMBs: 2, Unknown: {} }, { SizeInMBs: 1 }],
  ['BufferingHints', { SizeInMBs: null }, {}],
  ['ColumnToJsonKeyMappings', { a: 'b', c: null }, { a: 'b' }],
]

for (const [shape, sent, kept] of conversions) {
  test(`${shape} ${JSON.stringify(sent)} becomes ${JSON.stringify(kept)}`, () => {
    assert.deepEqual(coerce(sent, shape), kept)
  })
}

test('members of Object.prototype are no members of a request', () => {
  assert.deepEqual(coerce(JSON.parse('{"__proto__":{"SizeInMBs":1}}') as Json, 'BufferingHints'), {})
})

test('any base64 that Node writes is a blob', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      const text = Buffer.from(bytes).toString('base64')
      assert.equal(coerce(text, 'Data'), text)
    }),
  )
})

test('a string is a blob exactly when decoding and encoding it gives it again', () => {
  const letters = fc.constantFrom(...'ABab01+/=_ ')
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 8 }), (text) => {
      const isBase64 = Buffer.from(text, 'base64').toString('base64') === text
      assert.equal(
        accepts(() => coerce(text, 'Data')),
        isBase64,
      )
    }),
  )
})

test('whatever JSON comes is coerced or refused, and what is coerced stays as it is', () => {
  const requests = fc.tuple(fc.constantFrom(...operationNames), fc.object({ maxDepth: 3 }))
  fc.assert(
    fc.property(requests, ([operation, object]) => {
      const shape = inputShape(operation)!
      const request = JSON.parse(JSON.stringify(object)) as JsonObject
      if (!accepts(() => coerce(request, shape))) return
      const known = coerce(request, shape)
      assert.deepEqual(coerce(known, shape), known)
    }),
  )
})

function accepts(action: () => unknown): boolean {
  try {
    action()
    return true
  } catch (error) {
    assert(error instanceof ApiError, String(error))
    return false
  }
}
