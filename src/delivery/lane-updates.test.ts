/** An update of a stream while records are buffered, on their way, or failing. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call, Outcome } from '../../test/simulation/fake-object-store.ts'
import { OneStream } from '../../test/simulation/one-stream.ts'
import { streamSettings } from '../../test/simulation/stream-settings.ts'

const AT_ONCE = { sizeBytes: 1000, intervalMs: 0 }

const always = (outcome: Outcome) => () => outcome

/** Puts to `bucket` end in this way; all else succeeds. */
const putsTo = (bucket: string, outcome: Outcome) => (call: Call) =>
  call.operation === 'put' && call.bucket === bucket ? outcome : 'ok'

test('an update applies to what is sealed after it, and seals nothing early', async () => {
  const stream = await OneStream.open()
  await stream.put('a')
  await stream.update(streamSettings({ prefix: 'new/' }))
  await stream.put('b')
  await stream.advance(59_999)
  assert.equal(stream.store.objects.length, 0)
  await stream.advance(1)
  assert.deepEqual(stream.bodies(), ['ab'])
  assert.match(stream.store.objects[0]!.key, /^new\//)
})

test('what is on its way keeps its key', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }))
  let answer: ((outcome: Outcome) => void) | undefined
  stream.store.outcome = () =>
    new Promise((resolve) => {
      answer = resolve
    })
  await stream.put('a')
  await stream.update(streamSettings({ prefix: 'new/', buffering: AT_ONCE }))
  answer?.('fail after')
  stream.store.outcome = always('ok')
  await stream.advance(1000)
  assert.deepEqual(stream.bodies(), ['a'])
  assert.equal(new Set(stream.keysTried).size, 1)
  assert.doesNotMatch(stream.store.objects[0]!.key, /^new\//)
})

test('buffering hints apply at once: a shorter interval, a smaller size, longer and larger ones', async () => {
  const shorter = await OneStream.open()
  await shorter.put('a')
  await shorter.advance(10_000)
  await shorter.update(streamSettings({ buffering: { sizeBytes: 1000, intervalMs: 20_000 } }))
  await shorter.advance(9999)
  assert.deepEqual(shorter.bodies(), [])
  await shorter.advance(1)
  assert.deepEqual(shorter.bodies(), ['a'])

  const larger = await OneStream.open()
  await larger.put('a'.repeat(900))
  await larger.update(streamSettings({ buffering: { sizeBytes: 2000, intervalMs: 100_000 } }))
  await larger.put('b'.repeat(900))
  await larger.advance(60_000)
  assert.deepEqual(larger.bodies(), [])
  await larger.put('c'.repeat(900))
  assert.deepEqual(
    larger.bodies().map(({ length }) => length),
    [2700],
  )
})

test('a buffer that is open is encoded again when the compression changes', async () => {
  const stream = await OneStream.open()
  const all = Array.from({ length: 9 }, (_, i) => `${i};`.padEnd(100, '.'))
  for (const record of all.slice(0, 5)) await stream.put(record)
  await stream.update(streamSettings({ compression: 'GZIP' }))
  for (const record of all.slice(5)) await stream.put(record)
  await stream.update(streamSettings({ compression: 'Snappy' }))
  await stream.update(streamSettings({ compression: 'GZIP' }))
  await stream.advance(60_000)
  assert.deepEqual(stream.bodies(), [all.join('')])
  assert.equal(stream.store.objects[0]!.encoding, 'GZIP')
  assert.equal(stream.pipeline.budget.bufferedBytes, 0)
})

test('a compression that changes while records are read costs none and doubles none', async () => {
  const stream = await OneStream.open()
  let turns = 0
  stream.disk.turns = (operation) => (operation === 'read' ? 50 : 1)
  const all = Array.from({ length: 40 }, (_, i) => `${i};`.padEnd(30, '.'))
  for (const record of all) {
    void stream.pipeline.put(1, [record])
    for (let turn = 0; turn < 20; turn++) await undefined
    const compression = turns++ % 2 === 0 ? 'GZIP' : 'UNCOMPRESSED'
    void stream.pipeline.update(1, streamSettings({ compression }))
  }
  await stream.advance(120_000)
  assert.equal(stream.bodies().join(''), all.join(''))
})

test('what fails is tried at once after an update, in the new bucket', async () => {
  const stream = await OneStream.open(streamSettings({ bucket: 'missing', buffering: AT_ONCE }))
  stream.store.outcome = putsTo('missing', 'fail before')
  await stream.put('a')
  await stream.advance(3_600_000)
  await stream.update(streamSettings({ buffering: AT_ONCE }))
  assert.deepEqual(stream.bodies('bucket'), ['a'])
  assert.deepEqual(stream.bodies('missing'), [])
  // Also for the run that comes after.
  const next = await stream.restart()
  await next.advance(60_000)
  assert.deepEqual(next.bodies('bucket'), ['a'])
})

test('a batch that arrived unnoticed in the old bucket is not written to the new one as well', async () => {
  const stream = await OneStream.open(streamSettings({ bucket: 'old', buffering: AT_ONCE }))
  stream.store.outcome = putsTo('old', 'fail after')
  await stream.put('a')
  await stream.update(streamSettings({ buffering: AT_ONCE }))
  await stream.advance(60_000)
  assert.deepEqual(stream.bodies('old'), ['a'])
  assert.deepEqual(stream.bodies('bucket'), [])
})

test('a batch of an earlier run whose bucket cannot be asked any more moves to the new one', async () => {
  const stream = await OneStream.open(streamSettings({ bucket: 'gone', buffering: AT_ONCE }))
  const gone = (call: Call) => (call.bucket === 'gone' ? 'fail before' : 'ok')
  stream.store.outcome = gone
  await stream.put('a')
  const next = await stream.restart()
  await next.advance(60_000)
  assert.deepEqual(next.bodies('bucket'), [])
  await next.update(streamSettings({ buffering: AT_ONCE }))
  assert.deepEqual(next.bodies('bucket'), ['a'])
})

test('a source backup that is switched on has every record from then on', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }))
  await stream.put('before')
  const updating = stream.update(streamSettings({ buffering: AT_ONCE }, { buffering: AT_ONCE }))
  await stream.put('meanwhile')
  await updating
  await stream.put('after')
  assert.deepEqual(stream.bodies('bucket'), ['before', 'meanwhile', 'after'])
  assert.equal(stream.bodies('backup').join(''), 'meanwhileafter')
})

test('a source backup that is slow to begin misses nothing that the destination settles meanwhile', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }))
  stream.disk.turns = () => 1
  stream.disk.beforeOperation = (_, path) => {
    stream.disk.turns = () => (path.includes('backup.journal') ? 3000 : 1)
  }
  const updating = stream.update(streamSettings({ buffering: AT_ONCE }, { buffering: AT_ONCE }))
  // Enough to fill segments, which are used again once they are settled.
  const all = Array.from({ length: 40 }, (_, i) => `${i};`.padEnd(10_000, '.'))
  for (const record of all) {
    await stream.pipeline.put(1, [record])
    for (let turn = 0; turn < 40; turn++) await undefined
  }
  await updating
  await stream.advance(1000)
  assert.equal(stream.bodies('bucket').join(''), all.join(''))
  assert.equal(stream.bodies('backup').join(''), all.join(''))
})
