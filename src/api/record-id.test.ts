import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { batchAnswer, recordAnswer } from './put-answer.ts'
import { RECORD_ID_LENGTH, RecordIds } from './record-id.ts'

const ids = new RecordIds(Buffer.from('0123456789abcdef'))
const partitions = fc.integer({ min: 0, max: 2 ** 30 - 1 })
const offsets = fc.maxSafeNat()

test('an id says partition and offset', () => {
  fc.assert(
    fc.property(partitions, offsets, (partition, offset) => {
      const id = ids.format(partition, offset)
      assert.equal(id.length, RECORD_ID_LENGTH)
      assert.deepEqual(ids.parse(id), { partition, offset })
    }),
  )
})

test('an id that was changed, or is of another server, is none', () => {
  const other = new RecordIds(Buffer.from('fedcba9876543210'))
  fc.assert(
    fc.property(partitions, offsets, fc.nat({ max: RECORD_ID_LENGTH - 1 }), (partition, offset, at) => {
      const id = ids.format(partition, offset)
      const changed = id.slice(0, at) + (id[at] === 'A' ? 'B' : 'A') + id.slice(at + 1)
      assert.equal(ids.parse(changed), undefined)
      assert.equal(other.parse(id), undefined)
    }),
  )
  assert.equal(ids.parse('short'), undefined)
})

test('the answer of a batch is compact JSON with an id for each record, in order', () => {
  for (const count of [1, 2, 500]) {
    const text = batchAnswer(ids, 7, 1000, count, true).toString()
    assert(text.startsWith('{"FailedPutCount":0,"Encrypted":true,"RequestResponses":[{"RecordId":"'))
    const { RequestResponses } = JSON.parse(text) as { RequestResponses: { RecordId: string }[] }
    assert.deepEqual(
      RequestResponses.map(({ RecordId }) => ids.parse(RecordId)?.offset),
      Array.from({ length: count }, (_, i) => 1000 + i),
    )
  }
  assert.deepEqual(JSON.parse(recordAnswer(ids, 7, 5, false).toString()), {
    RecordId: ids.format(7, 5),
    Encrypted: false,
  })
})
