import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SeededChance } from '../../test/simulation/seeded-chance.ts'
import { decryptPayload, encryptedCopy, encryptPayload } from './encryption.ts'
import { Frame, frameBytes, restampFrame, sealFrame, stampFrame } from './frame.ts'

const chance = new SeededChance(1)
const KEY = { keyId: 3, key: chance.bytes(32) }
const HEADER_BYTES = 64

function encrypt(record: Uint8Array): { plain: Buffer; bytes: Buffer } {
  const frame = new Frame(Buffer.alloc(frameBytes(1, record.length)), 1, record.length)
  frame.setLength(0, record.length)
  frame.bytes.set(record, frame.dataStart)
  const bytes = encryptedCopy(frame, chance)
  const { recordCount, dataBytes } = frame
  stampFrame(bytes, {
    partition: 1,
    epoch: 5,
    baseOffset: 9,
    arrivedAtMs: 1,
    recordCount,
    dataBytes,
    keyId: 3,
  })
  encryptPayload(bytes, frame, KEY)
  sealFrame(bytes)
  return { plain: frame.bytes.subarray(HEADER_BYTES), bytes }
}

test('a payload opens with its key', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (record) => {
      const { plain, bytes } = encrypt(record)
      assert.deepEqual(decryptPayload(bytes, KEY), plain)
    }),
  )
})

test('it does not open with another key, and does not show the record', () => {
  const { bytes } = encrypt(Buffer.from('a secret that nobody reads'))
  assert.equal(decryptPayload(bytes, { keyId: 3, key: chance.bytes(32) }), undefined)
  assert.equal(bytes.includes('secret'), false)
})

test('it opens after the frame moved to another segment', () => {
  const { plain, bytes } = encrypt(Buffer.from('moved'))
  restampFrame(bytes, 77)
  assert.deepEqual(decryptPayload(bytes, KEY), plain)
})

test('it does not open under another partition, offset, arrival, count, nonce, or with changed bytes', () => {
  const { bytes } = encrypt(Buffer.from('tampered with'))
  for (const at of [12, 24, 32, 40, 44, 52, HEADER_BYTES, bytes.length - 1]) {
    const tampered = Buffer.from(bytes)
    tampered[at]! ^= 1
    assert.equal(decryptPayload(tampered, KEY), undefined, `byte ${at}`)
  }
})

test('the same record is encrypted differently each time', () => {
  const record = Buffer.from('the same')
  assert.notDeepEqual(
    encrypt(record).bytes.subarray(HEADER_BYTES),
    encrypt(record).bytes.subarray(HEADER_BYTES),
  )
})
