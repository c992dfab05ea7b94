import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type OwnSegment, PartitionIndex, type Place } from './partition-index.ts'
import type { Run } from './run-table.ts'

function runOf(epoch: number, baseOffset: number, endOffset: number): Run {
  const bytes = endOffset - baseOffset
  return { partition: 1, epoch, position: 4096 + baseOffset, bytes, baseOffset, endOffset }
}

function own(name: string, baseOffset: number, endOffset: number): OwnSegment {
  return { path: name, epoch: 1, baseOffset, endOffset }
}

function nameOf(place: Place | undefined): string | undefined {
  if (place === undefined) return undefined
  return place.kind === 'own' ? place.segment.path : `epoch ${place.run.epoch}`
}

test('records that an interrupted move left in both places are read from the copy', () => {
  const index = new PartitionIndex(1, [own('a', 0, 20)], [runOf(5, 0, 20), runOf(6, 20, 30)])
  assert.equal(nameOf(index.find(10)), 'a')
  assert.equal(nameOf(index.find(20)), 'epoch 6')
  assert.equal(index.endOffset, 30)
})

test('runs that stayed in a shared segment are found between copies', () => {
  const index = new PartitionIndex(
    1,
    [own('a', 0, 10), own('b', 20, 30)],
    [runOf(5, 10, 20), runOf(6, 30, 40)],
  )
  assert.deepEqual(
    [0, 9, 10, 19, 20, 29, 30, 40].map((offset) => nameOf(index.find(offset))),
    ['a', 'a', 'epoch 5', 'epoch 5', 'b', 'b', 'epoch 6', undefined],
  )
})

test('a commit that is told twice is known once', () => {
  const index = new PartitionIndex(1, [], [runOf(5, 0, 10)])
  index.add(runOf(5, 0, 10))
  index.add(runOf(5, 10, 12))
  const place = index.find(0)
  assert.deepEqual(place?.kind === 'shared' && place.run, runOf(5, 0, 12))
})

test('an own segment that grew replaces itself', () => {
  const index = new PartitionIndex(1, [own('a', 0, 10)], [runOf(5, 10, 20), runOf(6, 20, 30)])
  index.moved(5, [own('a', 0, 20)])
  assert.equal(nameOf(index.find(15)), 'a')
  assert.equal(nameOf(index.find(25)), 'epoch 6')
  assert.deepEqual(index.trim(20), [own('a', 0, 20)])
  assert.equal(nameOf(index.find(0)), 'epoch 6')
})

test('the end is remembered when all is settled', () => {
  const index = new PartitionIndex(1, [], [runOf(5, 0, 10)])
  index.trim(10)
  assert.equal(index.endOffset, 10)
  assert.equal(index.find(0), undefined)
  index.add(runOf(5, 0, 10))
  assert.equal(index.find(0), undefined)
})

/** What the index must know: where each offset lies. */
type Model = Map<number, string>

test('any series of commits, moves and settlements is as in a plain list', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ commit: fc.integer({ min: 1, max: 5 }), gap: fc.integer({ min: 0, max: 1 }) }),
      fc.constant({ newSegment: true }),
      fc.constant({ move: true }),
      fc.record({ settle: fc.double({ min: 0, max: 1, noNaN: true }) }),
    ),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(steps, (list) => {
      const index = new PartitionIndex(1, [], [])
      const model: Model = new Map()
      const segments: { epoch: number; runs: Run[] }[] = [{ epoch: 1, runs: [] }]
      let end = 0
      let low = 0
      for (const step of list) {
        if ('commit' in step) {
          const active = segments.at(-1)!
          const run = runOf(active.epoch, end + step.gap, end + step.gap + step.commit)
          end = run.endOffset
          active.runs.push(run)
          index.add(run)
          for (let i = run.baseOffset; i < run.endOffset; i++) model.set(i, `epoch ${run.epoch}`)
        } else if ('newSegment' in step) {
          segments.push({ epoch: segments.at(-1)!.epoch + 1, runs: [] })
        } else if ('move' in step) {
          const moved = segments.length > 1 ? segments.shift()! : { epoch: 0, runs: [] }
          const copies = moved.runs
            .filter((run) => run.endOffset > low)
            .map((run) => own(`from ${run.epoch} at ${run.baseOffset}`, run.baseOffset, run.endOffset))
          index.moved(moved.epoch, copies)
          for (const { path, baseOffset, endOffset } of copies) {
            for (let i = baseOffset; i < endOffset; i++) model.set(i, path)
          }
        } else {
          low += Math.floor((end - low) * step.settle)
          index.trim(low)
        }
        assert.equal(index.endOffset, end)
        for (let offset = low; offset <= end; offset++) {
          const first = [...model.keys()].sort((a, b) => a - b).find((known) => known >= offset)
          assert.equal(nameOf(index.find(offset)), first === undefined ? undefined : model.get(first))
        }
      }
    }),
    { numRuns: 60 },
  )
})
