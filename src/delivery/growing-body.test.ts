import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { SimulatedDisk } from '../../test/simulation/simulated-disk.ts'
import type { Body, BodyEncoder } from '../formats/body.ts'
import { GzipEncoder } from '../formats/gzip.ts'
import { UncompressedEncoder } from '../formats/uncompressed.ts'
import { GrowingBody } from './growing-body.ts'
import { MemoryBudget } from './memory-budget.ts'

function newSpool(disk = new SimulatedDisk(['/spool'])) {
  let last = 0
  return { disk, newPath: () => `/spool/${++last}` }
}

function newBody(spool = newSpool(), encoder: BodyEncoder = new UncompressedEncoder()): GrowingBody {
  return new GrowingBody(encoder, new MemoryBudget(2 ** 30, 1), spool)
}

async function bytesOf(body: Body, from?: number, to?: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body.read(from, to)) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

const size = fc.oneof(fc.nat(50), fc.integer({ min: 10_000, max: 90_000 }))
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), size }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('spill' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
)

test('is read right while it is spilled at any moment', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.nat(), fc.nat(), async (steps, a, b) => {
      const spool = newSpool()
      const body = newBody(spool)
      const pieces: Buffer[] = []
      const spills: Promise<void>[] = []
      const reads: Promise<void>[] = []
      const read = (from: number, to: number) => {
        const expected = Buffer.concat(pieces).subarray(from, to)
        reads.push(
          bytesOf(body, from, to).then((bytes) => assert.ok(bytes.equals(expected), `${from} to ${to}`)),
        )
      }
      for (const [i, one] of steps.entries()) {
        if (one.kind === 'write') {
          pieces.push(Buffer.alloc(one.size, i + 1))
          body.write(pieces.at(-1)!)
        } else if (one.kind === 'spill') {
          spills.push(body.spill())
        } else {
          read(a % (body.length + 1), body.length)
          await undefined
        }
      }
      body.end()
      const { length } = body
      assert.equal(length, Buffer.concat(pieces).length)
      read(0, length)
      read(Math.min(a, b) % (length + 1), length)
      spills.push(body.spill())
      await Promise.all([...reads, ...spills])
      // The last one may have joined one that was under way.
      await body.spill()
      read(0, length)
      await Promise.all(reads)
      assert.equal(body.spooledBytes, length)
      assert.equal(body.spillableBytes, 0)
      await body.dispose()
      assert.deepEqual(spool.disk.filesIn('/spool'), [])
    }),
    { numRuns: 60 },
  )
})

test("what is written stays as it was: the bytes are the caller's", async () => {
  const body = newBody()
  const bytes = Buffer.alloc(50_000, 1)
  body.write(bytes)
  bytes.fill(2)
  body.end()
  assert.ok((await bytesOf(body)).equals(Buffer.alloc(50_000, 1)))
})

test('an encoded body is whole after it was spilled', async () => {
  const body = newBody(newSpool(), new GzipEncoder(1))
  const data = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251))
  body.write(data.subarray(0, 200_000))
  assert.ok(body.memoryBytes > 0)
  await body.spill()
  body.write(data.subarray(200_000))
  body.end()
  assert.ok(gunzipSync(await bytesOf(body)).equals(data))
})

test('keeps everything when the spool cannot be written, and spills it once there is room', async () => {
  const spool = newSpool()
  const body = newBody(spool)
  body.write(Buffer.alloc(9000, 1))
  spool.disk.capacityBytes = 4096
  await assert.rejects(body.spill(), /ENOSPC/)
  body.write(Buffer.alloc(9000, 2))
  assert.equal(body.spillableBytes, 18_000)
  spool.disk.capacityBytes = Infinity
  await body.spill()
  body.end()
  assert.ok((await bytesOf(body)).equals(Buffer.concat([Buffer.alloc(9000, 1), Buffer.alloc(9000, 2)])))
})

test('a body that is disposed of while it is spilled leaves no file', async () => {
  const spool = newSpool()
  const body = newBody(spool)
  body.write(Buffer.alloc(9000, 1))
  const spilling = body.spill()
  await body.dispose()
  await spilling
  assert.deepEqual(spool.disk.filesIn('/spool'), [])
  assert.equal(body.memoryBytes, 0)
})

test('a spool file that cannot be removed is left to the next start', async () => {
  const spool = newSpool()
  const body = newBody(spool)
  body.write(Buffer.alloc(9000, 1))
  await body.spill()
  spool.disk.inject({ operation: 'remove', code: 'EIO' })
  await body.dispose()
})

test('a spool file that lost bytes fails the read instead of giving others', async () => {
  const spool = newSpool()
  const body = newBody(spool)
  body.write(Buffer.alloc(9000, 1))
  await body.spill()
  const file = await spool.disk.open('/spool/1')
  await file.truncate(100)
  await assert.rejects(bytesOf(body), /shorter than what was written/)
})
