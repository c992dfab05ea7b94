import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../../json.ts'
import { openControlPlane, removeControlPlane } from '../../streams/testing.ts'

const plane = openControlPlane()
after(() => removeControlPlane(plane))

const NAMES = ['Z', 'a', 'a-b', 'a.b', 'a_b', 'b1', 'b10', 'b2', 'c', 'd', 'e', 'f']
for (const name of NAMES) plane.create(name)
/** An upper-case letter comes before the lower-case ones. */
const SORTED = [...NAMES].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

const KEYS = ['Z', 'a', 'a b', 'k1', 'k10', 'k2', 'ß', '日本']
plane.call('TagDeliveryStream', {
  DeliveryStreamName: 'a',
  Tags: KEYS.map((Key) => ({ Key, Value: `value of ${Key}` })),
})

const list = (input: JsonObject) => plane.call('ListDeliveryStreams', input)
const listTags = (input: JsonObject) =>
  plane.call('ListTagsForDeliveryStream', { DeliveryStreamName: 'a', ...input })

test('ten streams are listed by default', () => {
  assert.deepEqual(list({}), { DeliveryStreamNames: SORTED.slice(0, 10), HasMoreDeliveryStreams: true })
})

test('pages of any size make up all streams, in their order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 15 }), (Limit) => {
      const seen: string[] = []
      for (let more = true; more; ) {
        const last = seen.at(-1)
        const page = list({
          Limit,
          ...(last === undefined ? {} : { ExclusiveStartDeliveryStreamName: last }),
        })
        seen.push(...(page['DeliveryStreamNames'] as readonly string[]))
        more = page['HasMoreDeliveryStreams'] === true
      }
      assert.deepEqual(seen, SORTED)
    }),
  )
})

test('a page starts behind a name, whether there is such a stream or not', () => {
  const name = fc.string({ unit: fc.constantFrom(...'aAbBzZ019._-'), minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(name, (ExclusiveStartDeliveryStreamName) => {
      const names = list({ ExclusiveStartDeliveryStreamName, Limit: 100 })['DeliveryStreamNames']
      assert.deepEqual(
        names,
        SORTED.filter((other) => other > ExclusiveStartDeliveryStreamName),
      )
    }),
  )
})

test('the type filters before the limit', () => {
  assert.deepEqual(list({ DeliveryStreamType: 'MSKAsSource', Limit: 1 }), {
    DeliveryStreamNames: [],
    HasMoreDeliveryStreams: false,
  })
  assert.deepEqual(list({ DeliveryStreamType: 'DirectPut', Limit: 12 }), {
    DeliveryStreamNames: SORTED,
    HasMoreDeliveryStreams: false,
  })
})

test('pages of any size make up all tags, sorted by key', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), (Limit) => {
      const seen: JsonObject[] = []
      for (let more = true; more; ) {
        const last = seen.at(-1)?.['Key']
        const page = listTags({ Limit, ...(last === undefined ? {} : { ExclusiveStartTagKey: last }) })
        seen.push(...(page['Tags'] as readonly JsonObject[]))
        more = page['HasMoreTags'] === true
      }
      assert.deepEqual(
        seen,
        KEYS.map((Key) => ({ Key, Value: `value of ${Key}` })),
      )
    }),
  )
})

test('a page of tags starts behind a key that was never there', () => {
  assert.deepEqual(listTags({ ExclusiveStartTagKey: 'k' })['Tags'], [
    { Key: 'k1', Value: 'value of k1' },
    { Key: 'k10', Value: 'value of k10' },
    { Key: 'k2', Value: 'value of k2' },
    { Key: 'ß', Value: 'value of ß' },
    { Key: '日本', Value: 'value of 日本' },
  ])
})

test('tags are overwritten by key, may have no value, and absent ones can be removed', () => {
  const b = { DeliveryStreamName: 'b1' }
  plane.call('TagDeliveryStream', {
    ...b,
    Tags: [
      { Key: 'x', Value: '1' },
      { Key: 'X', Value: '' },
    ],
  })
  plane.call('TagDeliveryStream', { ...b, Tags: [{ Key: 'x' }] })
  assert.deepEqual(plane.call('ListTagsForDeliveryStream', b), {
    Tags: [{ Key: 'X', Value: '' }, { Key: 'x' }],
    HasMoreTags: false,
  })
  plane.call('UntagDeliveryStream', { ...b, TagKeys: ['x', 'never there'] })
  assert.deepEqual(plane.call('ListTagsForDeliveryStream', b)['Tags'], [{ Key: 'X', Value: '' }])
})

test('answers have the members that the model requires', () => {
  assert.deepEqual(plane.call('TagDeliveryStream', { DeliveryStreamName: 'c', Tags: [{ Key: 'k' }] }), {})
  assert.deepEqual(plane.call('UntagDeliveryStream', { DeliveryStreamName: 'c', TagKeys: ['k'] }), {})
  assert.deepEqual(plane.call('ListTagsForDeliveryStream', { DeliveryStreamName: 'c' }), {
    Tags: [],
    HasMoreTags: false,
  })
})
