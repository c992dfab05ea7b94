import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { OperatorError } from '../errors.ts'
import type { OffsetRange } from '../record.ts'
import {
  applyLine,
  emptyState,
  encodeLine,
  encodeState,
  type Intent,
  type JournalLine,
  type JournalState,
  parseArea,
} from './journal-format.ts'
import { OffsetSet } from './offset-set.ts'

const AREA_BYTES = 8192
const PATH = '/data/primary.journal'

const range = fc.record({ from: fc.nat(200), length: fc.integer({ min: 1, max: 9 }) })
const offsets = fc
  .array(range, { minLength: 1, maxLength: 4 })
  .map((list): readonly OffsetRange[] => [
    ...new OffsetSet(list.map(({ from, length }) => ({ from, to: from + length }))).ranges,
  ])
const id = fc.constantFrom('a', 'b', 'c', 'd')
const plain = { noNullPrototype: true } as const
const intent: fc.Arbitrary<Intent> = fc.record(
  {
    id,
    bucket: fc.constantFrom('bucket', 'other'),
    key: fc.string({ unit: 'grapheme', maxLength: 20 }),
    encoding: fc.constantFrom('GZIP', 'UNCOMPRESSED'),
    oldestMs: fc.maxSafeNat(),
    offsets,
  },
  plain,
)
const line: fc.Arbitrary<JournalLine> = fc.oneof(
  fc.record({ intent }, plain),
  fc.record({ settled: id, offsets }, plain),
  fc.record({ skipped: offsets }, plain),
)
const lines = fc.array(line, { maxLength: 8 })

function stateAfter(low: number, all: readonly JournalLine[]): JournalState {
  const state = emptyState(low)
  for (const one of all) applyLine(state, one)
  return state
}

function facts({ low, settled, intents }: JournalState) {
  return { low, settled: settled.ranges, intents: [...intents.values()] }
}

/** An area that began in `state`, on which `all` followed. */
function areaOf(state: JournalState, all: readonly JournalLine[], sequence: number): Buffer {
  const area = Buffer.alloc(AREA_BYTES)
  Buffer.concat([encodeState(state, sequence), ...all.map((one) => encodeLine(one, sequence))]).copy(area)
  return area
}

test('an area says what was written to it', () => {
  fc.assert(
    fc.property(fc.nat(50), lines, lines, fc.nat(1e6), (low, before, after, sequence) => {
      const parsed = parseArea(areaOf(stateAfter(low, before), after, sequence), PATH)
      assert.ok(parsed !== undefined)
      assert.deepEqual(facts(parsed.state), facts(stateAfter(low, [...before, ...after])))
      assert.equal(parsed.sequence, sequence)
      assert.equal(parsed.damagedLines, 0)
    }),
  )
})

test('a tail torn at any byte costs the torn line and no other', () => {
  fc.assert(
    fc.property(lines, fc.boolean(), (all, isStale) => {
      const whole = areaOf(emptyState(0), all, 2)
      const ends = [encodeState(emptyState(0), 2).length]
      for (const one of all) ends.push(ends.at(-1)! + encodeLine(one, 2).length)
      // Behind the tear lies nothing, or what an earlier use of the area left.
      const behind = isStale ? areaOf(emptyState(0), [...all].reverse(), 1) : Buffer.alloc(AREA_BYTES)
      for (let cut = 0; cut <= ends.at(-1)!; cut++) {
        const torn = Buffer.concat([whole.subarray(0, cut), behind.subarray(cut)])
        // What lies behind may happen to be the byte that was lost.
        const kept = ends.filter((end) => torn.subarray(0, end).equals(whole.subarray(0, end))).length
        const parsed = parseArea(torn, PATH)
        if (kept === 0) {
          // The older area counts: its state is never mixed with this one.
          assert.ok(parsed === undefined || parsed.sequence === 1)
          continue
        }
        assert.equal(parsed?.sequence, 2)
        assert.deepEqual(facts(parsed.state), facts(stateAfter(0, all.slice(0, kept - 1))))
        assert.equal(parsed.end, ends[kept - 1])
      }
    }),
    { numRuns: 25 },
  )
})

test('a flipped byte costs its line, which is counted when another follows', () => {
  const all: JournalLine[] = ['a', 'b', 'c'].map((one, i) => ({
    settled: one,
    offsets: [{ from: i, to: i + 1 }],
  }))
  const start = encodeState(emptyState(0), 1).length
  const whole = areaOf(emptyState(0), all, 1)
  const lineBytes = encodeLine(all[0]!, 1).length
  for (let at = start; at < start + all.length * lineBytes; at++) {
    const flipped = Buffer.from(whole)
    flipped[at]! ^= 1
    const parsed = parseArea(flipped, PATH)
    const damaged = Math.floor((at - start) / lineBytes)
    // A damaged end of a line takes the next one with it.
    const isEnd = (at - start) % lineBytes === lineBytes - 1
    const lost = isEnd ? [damaged, damaged + 1] : [damaged]
    const kept = all.filter((_, i) => !lost.includes(i))
    assert.deepEqual(facts(parsed!.state), facts(stateAfter(0, kept)), `byte ${at}`)
    assert.equal(parsed!.damagedLines, Math.max(...lost) < all.length - 1 ? 1 : 0, `byte ${at}`)
  }
})

test('an area whose first line is damaged does not count', () => {
  const bytes = encodeState(stateAfter(7, [{ skipped: [{ from: 9, to: 10 }] }]), 3)
  for (let at = 0; at < bytes.length - 1; at++) {
    const area = Buffer.alloc(AREA_BYTES)
    bytes.copy(area)
    area[at]! ^= 4
    assert.equal(parseArea(area, PATH), undefined, `byte ${at}`)
  }
})

test('an area that was never begun does not count', () => {
  assert.equal(parseArea(Buffer.alloc(AREA_BYTES), PATH), undefined)
})

test('a journal of another version is refused, not misread', () => {
  const [json] = encodeState(emptyState(0), 1).toString().split('\n')
  const text = json!.slice(9).replace('"journal":1', '"journal":2')
  const area = Buffer.alloc(AREA_BYTES)
  area.write(withChecksum(text, 1))
  assert.throws(
    () => parseArea(area, PATH),
    (error) =>
      error instanceof OperatorError && error.message.includes('/data/primary.journal has journal version 2'),
  )
})

test('settling the lowest offsets moves the low-water offset past all that follows without a gap', () => {
  const state = stateAfter(10, [
    { settled: 'b', offsets: [{ from: 20, to: 30 }] },
    { skipped: [{ from: 31, to: 32 }] },
  ])
  assert.equal(state.low, 10)
  applyLine(state, { settled: 'a', offsets: [{ from: 10, to: 20 }] })
  assert.equal(state.low, 30)
  assert.deepEqual(state.settled.ranges, [{ from: 31, to: 32 }])
})

function withChecksum(json: string, sequence: number): string {
  return `${crc32(`${sequence}${json}`).toString(16).padStart(8, '0')} ${json}\n`
}
