import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OffsetSet } from './offset-set.ts'

const OFFSETS = 64

/** The same operations on a plain set. */
class Model {
  readonly #offsets = new Set<number>()

  add(from: number, to: number): void {
    for (let offset = from; offset < to; offset++) this.#offsets.add(offset)
  }

  dropBelow(offset: number): void {
    for (const other of this.#offsets) if (other < offset) this.#offsets.delete(other)
  }

  has(offset: number): boolean {
    return this.#offsets.has(offset)
  }

  firstOutside(offset: number): number {
    return this.has(offset) ? this.firstOutside(offset + 1) : offset
  }

  firstInside(offset: number): number {
    return Math.min(...[...this.#offsets].filter((other) => other >= offset))
  }
}

const offset = fc.nat(OFFSETS)
const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), from: offset, length: fc.nat(9) }),
  fc.record({ kind: fc.constant('dropBelow' as const), below: offset }),
)

test('holds what a plain set holds', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const set = new OffsetSet()
      const model = new Model()
      for (const one of steps) {
        if (one.kind === 'add') {
          set.add({ from: one.from, to: one.from + one.length })
          model.add(one.from, one.from + one.length)
        } else {
          set.dropBelow(one.below)
          model.dropBelow(one.below)
        }
        for (let at = 0; at <= OFFSETS + 10; at++) {
          assert.equal(set.has(at), model.has(at), `has ${at}`)
          assert.equal(set.firstOutside(at), model.firstOutside(at), `firstOutside ${at}`)
          assert.equal(set.firstInside(at), model.firstInside(at), `firstInside ${at}`)
        }
      }
    }),
  )
})

test('keeps as few runs as there can be', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(offset, fc.nat(9)), { maxLength: 30 }), (adds) => {
      const set = new OffsetSet(adds.map(([from, length]) => ({ from, to: from + length })))
      for (const [i, { from, to }] of set.ranges.entries()) {
        assert.ok(from < to)
        assert.ok(i === 0 || set.ranges[i - 1]!.to < from, 'neighbours are one run')
      }
      assert.equal(set.isEmpty, set.ranges.length === 0)
    }),
  )
})

test('is a copy of the ranges it is made from', () => {
  const first = new OffsetSet([{ from: 1, to: 3 }])
  const second = new OffsetSet(first.ranges)
  second.add({ from: 3, to: 5 })
  assert.deepEqual(first.ranges, [{ from: 1, to: 3 }])
})
