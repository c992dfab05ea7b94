import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SimulatedDisk } from '../../test/simulation/simulated-disk.ts'
import { Frame, frameBytes, sealFrame, stampFrame } from './frame.ts'
import { scanSegment } from './repair.ts'
import { FRAMES_START } from './segment.ts'

const EPOCH = 7 * 2 ** 20 + 12_345
const CAPACITY = 16 * 1024 * 1024

function frame(epoch: number, partition: number, baseOffset: number, dataBytes: number): Buffer {
  const { bytes } = new Frame(Buffer.alloc(frameBytes(1, dataBytes), partition), 1, dataBytes)
  stampFrame(bytes, { partition, epoch, baseOffset, arrivedAtMs: 1, recordCount: 1, dataBytes, keyId: 0 })
  sealFrame(bytes)
  return bytes
}

async function scan(bytes: Buffer) {
  const disk = new SimulatedDisk()
  const file = await disk.open('/segment', { create: true })
  await file.write([bytes], FRAMES_START)
  return scanSegment(file, CAPACITY, EPOCH)
}

/** Positions of the frames that were found: sizes are told from the offsets of each partition's next. */
async function foundOffsets(bytes: Buffer): Promise<readonly number[]> {
  const { runs } = await scan(bytes)
  return [...runs].flatMap((run) =>
    Array.from({ length: run.endOffset - run.baseOffset }, (_, i) => run.baseOffset + i),
  )
}

test('every intact frame is found and nothing is invented, whatever the damage', async () => {
  const part = fc.record({
    size: fc.integer({ min: 0, max: 300 }),
    fate: fc.constantFrom('intact', 'intact', 'flipped', 'torn', 'stale', 'noise'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 25 }), async (parts) => {
      const expected: number[] = []
      const pieces = parts.map(({ size, fate, at }, offset) => {
        const bytes = frame(fate === 'stale' ? EPOCH - 2 ** 20 : EPOCH, 1, offset, size)
        const position = Math.floor(at * (bytes.length - 1))
        if (fate === 'intact') expected.push(offset)
        if (fate === 'flipped') bytes[position]! ^= 1 + Math.floor(at * 254)
        if (fate === 'torn') return bytes.subarray(0, position)
        if (fate === 'noise') return Buffer.from('HYF1'.repeat(1 + Math.floor(at * 30)))
        return bytes
      })
      assert.deepEqual(await foundOffsets(Buffer.concat(pieces)), expected)
    }),
    { numRuns: 200 },
  )
})

test('a torn tail is no damage, a hole in the middle is', async () => {
  const frames = [0, 1, 2].map((offset) => frame(EPOCH, 1, offset, 100))
  const torn = frames[2]!.subarray(0, 80)
  assert.deepEqual((await scan(Buffer.concat([frames[0]!, frames[1]!, torn]))).damage, [])
  frames[1]![70]! ^= 1
  const { damage, endOfFrames } = await scan(Buffer.concat(frames))
  const size = frames[0]!.length
  assert.deepEqual(damage, [{ position: FRAMES_START + size, bytes: size }])
  assert.equal(endOfFrames, FRAMES_START + 3 * size)
})

test('frames of an earlier use of the file are not found behind the end', async () => {
  const bytes = Buffer.concat([frame(EPOCH, 1, 50, 100), frame(EPOCH - 2 ** 20, 1, 7, 100)])
  assert.deepEqual(await foundOffsets(bytes), [50])
})

test('what a failed move left behind the end does not go back in offsets', async () => {
  const bytes = Buffer.concat([frame(EPOCH, 1, 50, 100), frame(EPOCH, 1, 40, 100)])
  assert.deepEqual(await foundOffsets(bytes), [50])
})

test('a record that imitates a frame is not taken for one', async () => {
  const imitation = frame(EPOCH - 1, 2, 0, 10)
  const carrier = new Frame(Buffer.alloc(frameBytes(1, imitation.length)), 1, imitation.length)
  imitation.copy(carrier.bytes, carrier.dataStart)
  const stamp = { partition: 1, epoch: EPOCH, baseOffset: 0, arrivedAtMs: 1, keyId: 0 }
  stampFrame(carrier.bytes, { ...stamp, recordCount: 1, dataBytes: imitation.length })
  sealFrame(carrier.bytes)
  carrier.bytes[5]! ^= 1
  assert.deepEqual(await foundOffsets(carrier.bytes), [])
})

test('frames on the borders of what is read at once are found', async () => {
  const sizes = [4 * 1024 * 1024 - 200, 100, 3_000_000, 4_900_000, 20]
  const bytes = Buffer.concat(sizes.map((size, offset) => frame(EPOCH, 1, offset, size)))
  assert.deepEqual(await foundOffsets(bytes), [0, 1, 2, 3, 4])
  bytes[100]! ^= 1
  assert.deepEqual(await foundOffsets(bytes), [1, 2, 3, 4])
})
