import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  FRAME_BYTES_MAX,
  Frame,
  frameBytes,
  isIntact,
  readFrameHeader,
  readLengths,
  restampFrame,
  sealFrame,
  stampFrame,
} from './frame.ts'

const OFFSETS = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })

function frameOf(records: readonly Uint8Array[], stamp: { epoch: number; baseOffset: number }): Frame {
  const dataBytes = records.reduce((sum, { length }) => sum + length, 0)
  const frame = new Frame(Buffer.alloc(frameBytes(records.length, dataBytes) + 10), records.length, dataBytes)
  let at = frame.dataStart
  for (const [i, record] of records.entries()) {
    frame.setLength(i, record.length)
    frame.bytes.set(record, at)
    at += record.length
  }
  const { recordCount } = frame
  stampFrame(frame.bytes, { partition: 7, arrivedAtMs: 1234, keyId: 0, recordCount, dataBytes, ...stamp })
  sealFrame(frame.bytes)
  return frame
}

test('a frame is read as it was written', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }),
      OFFSETS,
      OFFSETS,
      (records, epoch, baseOffset) => {
        const { bytes, dataStart } = frameOf(records, { epoch, baseOffset })
        const header = readFrameHeader(Buffer.concat([Buffer.from('before'), bytes]), 6)
        assert.equal(header?.frameBytes, bytes.length)
        assert.equal(header.epoch, epoch)
        assert.equal(header.baseOffset, baseOffset)
        assert.equal(header.partition, 7)
        assert.equal(header.arrivedAtMs, 1234)
        assert.ok(isIntact(bytes))
        const lengths = readLengths(bytes, 64, header.recordCount)
        assert.deepEqual(
          [...lengths],
          records.map(({ length }) => length),
        )
        assert.deepEqual(bytes.subarray(dataStart), Buffer.concat(records))
      },
    ),
  )
})

test('any changed byte is noticed', () => {
  const { bytes } = frameOf([Buffer.from('one'), Buffer.from('two')], { epoch: 5, baseOffset: 9 })
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes)
    damaged[at]! ^= 0x10
    const header = readFrameHeader(damaged, 0)
    assert.ok(header === undefined || !isIntact(damaged), `byte ${at}`)
  }
})

test('a frame that moves is of another epoch and otherwise the same', () => {
  const { bytes } = frameOf([Buffer.from('one')], { epoch: 5, baseOffset: 9 })
  const before = readFrameHeader(bytes, 0)!
  restampFrame(bytes, 6)
  assert.ok(isIntact(bytes))
  assert.deepEqual({ ...readFrameHeader(bytes, 0), crc: before.crc }, { ...before, epoch: 6 })
})

test('what claims to be larger than a frame may be is none', () => {
  const { bytes } = frameOf([Buffer.from('one')], { epoch: 5, baseOffset: 9 })
  bytes.writeUInt32LE(FRAME_BYTES_MAX + 1, 8)
  bytes.writeUInt32LE(FRAME_BYTES_MAX + 1 - 64 - 4, 44)
  assert.equal(readFrameHeader(bytes, 0), undefined)
})
