import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ChunkList } from './chunk-list.ts'

const size = fc.oneof(
  fc.nat(40),
  fc.integer({ min: 1000, max: 9000 }),
  fc.integer({ min: 16_000, max: 40_000 }),
)
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('add' as const), size }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('all' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const) }) },
)

/** Bytes from `from` up to `to`, read in pieces. */
function read(list: ChunkList, from: number, to: number): Buffer {
  const pieces: Uint8Array[] = []
  for (let at = from; at < to; at += pieces.at(-1)!.length) pieces.push(list.at(at, to)!)
  return Buffer.concat(pieces)
}

test('keeps bytes in their order, whatever is dropped in front', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(), fc.nat(), (steps, a, b) => {
      const list = new ChunkList()
      let expected = Buffer.alloc(0)
      let taken: readonly Uint8Array[] = []
      for (const [i, one] of steps.entries()) {
        if (one.kind === 'add') {
          const piece = Buffer.alloc(one.size, i + 1)
          list.add(piece)
          expected = Buffer.concat([expected, piece])
        } else if (one.kind === 'all') {
          taken = list.all()
          assert.ok(Buffer.concat(taken).equals(expected))
        } else {
          list.drop(taken)
          expected = expected.subarray(taken.reduce((sum, { length }) => sum + length, 0))
          taken = []
        }
      }
      assert.equal(list.length, expected.length)
      assert.ok(list.memoryBytes >= list.length)
      const [from, to] = [a % (expected.length + 1), b % (expected.length + 1)].sort((x, y) => x - y) as [
        number,
        number,
      ]
      assert.ok(read(list, from, to).equals(expected.subarray(from, to)))
      assert.equal(list.at(expected.length, Infinity), undefined)
    }),
    { numRuns: 60 },
  )
})

test('joins small pieces, and takes little more memory than they have', () => {
  const list = new ChunkList()
  for (let i = 0; i < 10_000; i++) list.add(Buffer.alloc(100, i))
  assert.ok(list.memoryBytes < 1.1 * list.length)
  assert.ok(list.all().length <= 16)
})

test('chunks that were taken stay as they are while more is added', () => {
  const list = new ChunkList()
  list.add(Buffer.from('abc'))
  const [chunk] = list.all()
  list.add(Buffer.from('def'))
  assert.equal(Buffer.from(chunk!).toString(), 'abc')
})
