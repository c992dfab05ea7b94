import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { SeededChance } from '../../test/simulation/seeded-chance.ts'
import { OperatorError } from '../errors.ts'
import { RunTable } from './run-table.ts'
import {
  decodeFooter,
  decodeSegmentHeader,
  decodeTrailer,
  encodeFooter,
  encodeSegmentHeader,
  encodeTrailer,
  nextEpoch,
} from './segment.ts'

const PATH = '/data/log/shared/00000001.segment'
const HEADER = { epoch: 2 ** 50 + 1, capacityBytes: 64 * 2 ** 20, createdAtMs: 1_767_225_600_000 }

test('a header is read as it was written', () => {
  assert.deepEqual(decodeSegmentHeader(encodeSegmentHeader(HEADER), PATH), HEADER)
})

test('one damaged sector does not cost the header, two do', () => {
  const bytes = encodeSegmentHeader(HEADER)
  bytes.fill(0xff, 0, 512)
  assert.deepEqual(decodeSegmentHeader(bytes, PATH), HEADER)
  bytes[2048 + 20]! ^= 1
  assert.equal(decodeSegmentHeader(bytes, PATH), undefined)
})

test('a file that is too short or empty has no header', () => {
  for (const length of [0, 7, 39]) {
    assert.equal(decodeSegmentHeader(encodeSegmentHeader(HEADER).subarray(0, length), PATH), undefined)
  }
  assert.equal(decodeSegmentHeader(Buffer.alloc(4096), PATH), undefined)
})

test('an unknown version is refused with the name of the file', () => {
  const bytes = encodeSegmentHeader(HEADER)
  bytes.writeUInt32LE(2, 12)
  bytes.writeUInt32LE(crc32(bytes.subarray(12, 40)), 8)
  assert.throws(
    () => decodeSegmentHeader(bytes, PATH),
    (error) =>
      error instanceof OperatorError && error.message.includes(PATH) && /version 2/.test(error.message),
  )
})

test('a flipped version byte is damage and no unknown version', () => {
  const bytes = encodeSegmentHeader(HEADER)
  bytes[12]! ^= 2
  assert.deepEqual(decodeSegmentHeader(bytes, PATH), HEADER)
})

test('footer and trailer are read as they were written, and any changed byte is noticed', () => {
  const runs = new RunTable()
  for (let i = 0; i < 9; i++) {
    runs.add({ partition: i, epoch: 5, position: 4096 + i, bytes: 1, baseOffset: i, endOffset: i + 1 })
  }
  const footer = encodeFooter(runs)
  const trailer = encodeTrailer(5, footer, { footerPosition: 7000, endOfFrames: 5000 })
  const decoded = decodeTrailer(trailer, 5)!
  assert.deepEqual([decoded.footerPosition, decoded.endOfFrames], [7000, 5000])
  assert.deepEqual([...decodeFooter(footer, decoded)!], [...runs])
  assert.equal(decodeTrailer(trailer, 6), undefined)
  for (let at = 0; at < 48; at++) {
    const damaged = Buffer.from(trailer)
    damaged[at]! ^= 0x80
    assert.equal(decodeTrailer(damaged, 5), undefined)
  }
  for (let at = 0; at < footer.length; at += 7) {
    const damaged = Buffer.from(footer)
    damaged[at]! ^= 0x80
    assert.equal(decodeFooter(damaged, decoded), undefined)
  }
})

test('epochs ascend and cannot be guessed', () => {
  const chance = new SeededChance(1)
  let last = 0
  const digits = new Set<number>()
  for (let i = 0; i < 100; i++) {
    const epoch = nextEpoch(last, chance)
    assert.ok(epoch > last && Number.isSafeInteger(epoch))
    digits.add(epoch % 2 ** 20)
    last = epoch
  }
  assert.ok(digits.size > 95)
})
