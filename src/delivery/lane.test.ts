/** When a buffer is sealed, and what is in it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../../test/simulation/fake-object-store.ts'
import { OneStream } from '../../test/simulation/one-stream.ts'
import { settled } from '../../test/simulation/simulated-clock.ts'
import { streamSettings } from '../../test/simulation/stream-settings.ts'

const DAY_MS = 86_400_000

function recordOf(number: number, bytes: number): string {
  return `${number};`.padEnd(bytes, '.')
}

function records(count: number, bytes: number): string[] {
  return Array.from({ length: count }, (_, i) => recordOf(i, bytes))
}

/** A store that answers only when it is told to. */
function makeSlow(stream: OneStream): { answer(): Promise<void>; readonly waiting: number } {
  const waiting: ((outcome: Outcome) => void)[] = []
  stream.store.outcome = () => new Promise((resolve) => waiting.push(resolve))
  return {
    answer: async () => {
      for (const resolve of waiting.splice(0)) resolve('ok')
      await settled()
    },
    get waiting() {
      return waiting.length
    },
  }
}

test('a buffer is sealed at its size, and has one record more at the most', async () => {
  const stream = await OneStream.open()
  const all = records(10, 300)
  for (const record of all) await stream.put(record)
  assert.deepEqual(stream.bodies(), [all.slice(0, 4).join(''), all.slice(4, 8).join('')])
  await stream.advance(60_000)
  assert.equal(stream.bodies()[2], all.slice(8).join(''))
})

test('a large put is cut where the buffer is full', async () => {
  const stream = await OneStream.open()
  const all = records(30, 100)
  await stream.pipeline.put(1, all)
  await stream.advance(60_000)
  assert.deepEqual(
    stream.bodies().map((body) => body.length),
    [1000, 1000, 1000],
  )
  assert.equal(stream.bodies().join(''), all.join(''))
})

test('a buffer is sealed at its age, counted from the arrival of its first record', async () => {
  const stream = await OneStream.open()
  await stream.put('a')
  await stream.advance(30_000)
  await stream.put('b')
  await stream.advance(29_999)
  assert.deepEqual(stream.bodies(), [])
  await stream.advance(1)
  assert.deepEqual(stream.bodies(), ['ab'])
})

test('records that waited while the server was down are delivered at once when their time has passed', async () => {
  const stream = await OneStream.open()
  await stream.put('a')
  const next = await stream.restart(undefined, { downMs: 59_000 })
  assert.deepEqual(next.bodies(), [])
  await next.advance(1000)
  assert.deepEqual(next.bodies(), ['a'])
})

test('a clock that is set back holds no record up', async () => {
  const stream = await OneStream.open()
  await stream.put('a')
  const next = await stream.restart(undefined, { downMs: -DAY_MS })
  await next.advance(60_000)
  assert.deepEqual(next.bodies(), ['a'])
})

test('with an interval of 0 seconds records are delivered as they come', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: { sizeBytes: 1000, intervalMs: 0 } }))
  await stream.put('a')
  assert.deepEqual(stream.bodies(), ['a'])
  await stream.put('b')
  assert.deepEqual(stream.bodies(), ['a', 'b'])
})

test('nothing is delivered when nothing arrives', async () => {
  const stream = await OneStream.open()
  await stream.advance(DAY_MS)
  await stream.put('a')
  await stream.advance(DAY_MS)
  assert.equal(stream.store.calls.length, 1)
})

test('an empty record is delivered', async () => {
  const stream = await OneStream.open()
  await stream.put('')
  await stream.advance(60_000)
  assert.deepEqual(stream.bodies(), [''])
  assert.equal(stream.events('delivered')[0]!.records, 1)
})

test('a buffer grows to four times its size while the destination is behind', async () => {
  const stream = await OneStream.open()
  const store = makeSlow(stream)
  const all = records(100, 100)
  for (const record of all) await stream.put(record)
  assert.equal(store.waiting, 4)
  await store.answer()
  await store.answer()
  await stream.advance(60_000)
  await store.answer()
  assert.deepEqual(
    stream.bodies().map((body) => body.length),
    [1000, 1000, 1000, 1000, 4000, 2000],
  )
  assert.equal(stream.bodies().join(''), all.join(''))
})

test('a slow destination gets few large objects, not many small ones', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: { sizeBytes: 1000, intervalMs: 0 } }))
  const store = makeSlow(stream)
  for (const record of records(40, 10)) await stream.put(record)
  assert.equal(store.waiting, 2)
  await store.answer()
  await store.answer()
  assert.deepEqual(
    stream.bodies().map((body) => body.length),
    [10, 10, 380],
  )
})

test('what is delivered is told: once an object, with records and bytes before compression', async () => {
  const stream = await OneStream.open(streamSettings({ compression: 'GZIP' }))
  await stream.put('a'.repeat(600), 'b'.repeat(600))
  const [event, ...others] = stream.events('delivered')
  const [object] = stream.store.objects
  assert.deepEqual(others, [])
  const { durationMs, ...facts } = event!
  assert.ok(durationMs >= 0)
  assert.deepEqual(facts, {
    kind: 'delivered',
    streamName: 'stream',
    lane: 'primary',
    bucket: 'bucket',
    key: object!.key,
    records: 2,
    bytes: 1200,
    bodyBytes: object!.body.length,
  })
})

test('freshness: the oldest record that waits is known until it is delivered', async () => {
  const stream = await OneStream.open()
  assert.equal(stream.oldestMs(), undefined)
  const arrivedAtMs = stream.now
  await stream.put('a')
  await stream.advance(1000)
  await stream.put('b')
  assert.equal(stream.oldestMs(), arrivedAtMs)
  const store = makeSlow(stream)
  await stream.advance(60_000)
  await stream.put('c')
  assert.equal(stream.oldestMs(), arrivedAtMs, 'while it is sent')
  await store.answer()
  assert.equal(stream.oldestMs(), arrivedAtMs + 61_000)
  await stream.advance(60_000)
  await store.answer()
  assert.equal(stream.oldestMs(), undefined)
})

test('bodies go to spool files beyond the memory budget, arrive whole, and leave no file', async () => {
  const buffering = { sizeBytes: 400_000, intervalMs: 60_000 }
  const stream = await OneStream.open(streamSettings({ buffering }), {
    budgetBytes: 50_000,
    log: { segmentBytes: 2 ** 20, sharedBytes: 2 ** 21 },
  })
  const all = records(100, 3000)
  for (const record of all) await stream.put(record)
  assert.ok(stream.pipeline.budget.bufferedBytes <= 53_000)
  assert.ok(stream.pipeline.budget.spooledBytes >= 247_000)
  await stream.advance(60_000)
  assert.deepEqual(stream.bodies(), [all.join('')])
  assert.deepEqual(stream.disk.filesIn('/data/spool'), [])
  assert.equal(stream.pipeline.budget.bufferedBytes, 0)
})
