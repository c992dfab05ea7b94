import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SimulatedDisk } from '../../test/simulation/simulated-disk.ts'
import { UncompressedEncoder } from '../formats/uncompressed.ts'
import type { RecordBatch } from '../record.ts'
import { GrowingBody } from './growing-body.ts'
import { MemoryBudget } from './memory-budget.ts'
import { OffsetSet } from './offset-set.ts'
import { OpenBuffer } from './open-buffer.ts'

function newBuffer(firstOffset = 0, oldestMs = 1000): OpenBuffer {
  const spool = { disk: new SimulatedDisk(), newPath: () => '/spool' }
  const body = new GrowingBody(new UncompressedEncoder(), new MemoryBudget(2 ** 30, 1), spool)
  return new OpenBuffer(body, 'UNCOMPRESSED', firstOffset, oldestMs)
}

/** Records of these lengths; the bytes of each are its offset. */
function batchOf(lengths: readonly number[], baseOffset = 0, arrivedAtMs = 1000): RecordBatch {
  const data = Buffer.concat(lengths.map((length, i) => Buffer.alloc(length, baseOffset + i)))
  return { partition: 1, baseOffset, arrivedAtMs, lengths: Uint32Array.from(lengths), data }
}

async function bytesOf({ body }: OpenBuffer): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body.read()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const lengths = fc.array(fc.nat(12), { minLength: 1, maxLength: 12 })

test('takes records until it reaches its size, and goes over it by one record at the most', async () => {
  await fc.assert(
    fc.asyncProperty(
      lengths,
      fc.nat(5),
      fc.nat(5),
      fc.integer({ min: 1, max: 80 }),
      async (all, skip, cut, bytesMax) => {
        const from = Math.min(skip, all.length)
        const to = Math.max(from, all.length - cut)
        const batch = batchOf(all, 10)
        const buffer = newBuffer(10)
        const next = buffer.add(batch, from, to, bytesMax)
        const added = all.slice(from, next)
        const bytes = added.reduce((sum, length) => sum + length, 0)
        assert.ok(next <= to)
        assert.equal(buffer.bytes, bytes)
        assert.equal(buffer.records, next - from)
        assert.ok(next === to || bytes >= bytesMax, 'stopped too early')
        assert.ok(added.length === 0 || bytes - added.at(-1)! <= bytesMax, 'went too far')
        const before = all.slice(0, from).reduce((sum, length) => sum + length, 0)
        assert.deepEqual(await bytesOf(buffer), batch.data.subarray(before, before + bytes))
        assert.deepEqual(buffer.offsets, next > from ? [{ from: 10 + from, to: 10 + next }] : [])
      },
    ),
  )
})

test('a full buffer takes nothing', () => {
  const buffer = newBuffer()
  buffer.add(batchOf([5, 5]), 0, 2, 10)
  assert.equal(buffer.add(batchOf([1], 2), 0, 1, 10), 0)
  assert.equal(buffer.records, 2)
})

test('knows its offsets as few runs, and the arrival of its oldest record', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), lengths, fc.nat(2000)), { minLength: 1, maxLength: 10 }),
      (steps) => {
        const buffer = newBuffer()
        const expected = new OffsetSet()
        let offset = 0
        for (const [isGap, all, arrivedAtMs] of steps) {
          if (isGap) offset += 3
          buffer.add(batchOf(all, offset, arrivedAtMs), 0, all.length, Infinity)
          expected.add({ from: offset, to: offset + all.length })
          offset += all.length
        }
        assert.deepEqual(buffer.offsets, expected.ranges)
        assert.equal(buffer.oldestMs, Math.min(1000, ...steps.map(([, , ms]) => ms)))
      },
    ),
  )
})
