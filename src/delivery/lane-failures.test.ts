/** A destination that fails: retries, expiry, a source backup that goes on, stopping, deleting, damage in the log. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call, Outcome } from '../../test/simulation/fake-object-store.ts'
import { OneStream } from '../../test/simulation/one-stream.ts'
import { streamSettings } from '../../test/simulation/stream-settings.ts'

const HOUR_MS = 3_600_000
const AT_ONCE = { sizeBytes: 1000, intervalMs: 0 }

const always = (outcome: Outcome) => () => outcome
const forBucket = (bucket: string, outcome: Outcome) => (call: Call) =>
  call.bucket === bucket ? outcome : 'ok'

test('a failed batch is tried again with growing pauses, as the same object', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }))
  const triedAtMs: number[] = []
  stream.store.outcome = () => {
    triedAtMs.push(stream.now)
    return triedAtMs.length > 6 ? 'ok' : triedAtMs.length % 2 === 0 ? 'fail after' : 'fail before'
  }
  await stream.put('a')
  await stream.advance(HOUR_MS)
  assert.equal(triedAtMs.length, 7)
  for (let i = 1; i < triedAtMs.length; i++) {
    assert.ok(triedAtMs[i]! - triedAtMs[i - 1]! <= 1000 * 2 ** (i - 1), `pause ${i}`)
  }
  assert.equal(new Set(stream.keysTried).size, 1)
  assert.deepEqual(stream.bodies(), ['a'])
  const failures = stream.events('failed')
  assert.deepEqual(
    failures.map(({ attempt }) => attempt),
    [1, 2, 3, 4, 5, 6],
  )
  assert.equal(failures[0]!.destination, 'arn:aws:s3:::bucket')
  assert.equal(stream.events('delivered').length, 1)
})

test('while the destination fails the log keeps the rest, and one buffer waits', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }))
  stream.store.outcome = always('fail before')
  const all = Array.from({ length: 100 }, (_, i) => `${i};`.padEnd(100, '.'))
  for (const record of all) await stream.put(record)
  await stream.advance(10 * HOUR_MS)
  assert.ok(new Set(stream.keysTried).size <= 2)
  assert.ok(stream.pipeline.budget.bufferedBytes <= 3 * 4096)
  assert.ok(stream.waitingBytes >= 10_000)
  stream.store.outcome = always('ok')
  await stream.advance(HOUR_MS)
  assert.equal(stream.bodies().join(''), all.join(''))
  assert.ok(stream.bodies().length <= 13)
})

test('records are never given up by themselves', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }))
  stream.store.outcome = always('fail before')
  await stream.put('a')
  await stream.advance(100 * HOUR_MS)
  stream.store.outcome = always('ok')
  await stream.advance(120_000)
  assert.deepEqual(stream.bodies(), ['a'])
})

test('records older than the limit are given up when they fail, and counted', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }), { failedMsMax: 24 * HOUR_MS })
  stream.store.outcome = always('fail before')
  await stream.put('a', 'b')
  await stream.advance(23 * HOUR_MS)
  assert.deepEqual(stream.events('expired'), [])
  await stream.advance(2 * HOUR_MS)
  assert.deepEqual(
    stream.events('expired').map(({ lane, records }) => ({ lane, records })),
    [{ lane: 'primary', records: 2 }],
  )
  stream.store.outcome = always('ok')
  await stream.put('c')
  await stream.advance(60_000)
  assert.deepEqual(stream.bodies(), ['c'])
})

test('a batch of an earlier run is given up too, though it cannot be asked about', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }), { failedMsMax: 24 * HOUR_MS })
  stream.store.outcome = always('fail before')
  await stream.put('a')
  const next = await stream.restart()
  assert.equal(next.oldestMs(), stream.now, 'freshness shows it before it was read again')
  await next.advance(25 * HOUR_MS)
  assert.deepEqual(
    next.events('expired').map(({ records }) => records),
    [1],
  )
  assert.equal(next.oldestMs(), undefined)
})

test('the source backup goes on when the destination fails, and the other way round', async () => {
  for (const down of ['bucket', 'backup']) {
    const up = down === 'bucket' ? 'backup' : 'bucket'
    const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }, { buffering: AT_ONCE }))
    stream.store.outcome = forBucket(down, 'fail before')
    await stream.put('a')
    await stream.put('b')
    assert.deepEqual(stream.bodies(up), ['a', 'b'])
    assert.deepEqual(stream.bodies(down), [])
    // The log keeps what one of them has not delivered.
    const next = await stream.restart()
    next.store.outcome = always('ok')
    await next.advance(HOUR_MS)
    assert.equal(next.bodies(up).join(''), 'ab')
    assert.equal(next.bodies(down).join(''), 'ab')
  }
})

test('stopping waits for what is on its way, and leaves what is not due to the next start', async () => {
  const stream = await OneStream.open()
  let answer: ((outcome: Outcome) => void) | undefined
  stream.store.outcome = () =>
    new Promise((resolve) => {
      answer = resolve
    })
  await stream.put('a'.repeat(1000))
  await stream.put('b')
  let isStopped = false
  const stopping = stream.pipeline.stop(5000).then(() => {
    isStopped = true
  })
  await stream.advance(3000)
  assert.equal(isStopped, false)
  answer?.('ok')
  await stopping
  assert.deepEqual(stream.bodies(), ['a'.repeat(1000)])
  stream.store.outcome = always('ok')
  const next = await stream.restart()
  await next.advance(60_000)
  assert.deepEqual(next.bodies(), ['a'.repeat(1000), 'b'])
})

test('stopping ends with the grace period when the destination does not answer', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }))
  stream.store.outcome = always('hang')
  await stream.put('a')
  let isStopped = false
  void stream.pipeline.stop(5000).then(() => {
    isStopped = true
  })
  await stream.advance(4999)
  assert.equal(isStopped, false)
  await stream.advance(1)
  assert.equal(isStopped, true)
  stream.store.outcome = always('ok')
  const next = await stream.restart()
  assert.deepEqual(next.bodies(), ['a'])
  assert.equal(new Set(next.keysTried).size, 1)
})

test('stopping does not wait for a destination that fails', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }))
  stream.store.outcome = always('fail before')
  await stream.put('a')
  await stream.pipeline.stop(60_000)
})

test('deliveries of a deleted stream end at once', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }))
  stream.store.outcome = always('hang')
  await stream.put('a')
  await stream.put('b')
  await stream.remove()
  const calls = stream.store.calls.length
  await stream.advance(HOUR_MS)
  assert.equal(stream.store.calls.length, calls)
  assert.deepEqual(stream.bodies(), [])
  assert.deepEqual(stream.disk.filesIn('/data/spool'), [])
  assert.deepEqual(stream.disk.filesIn('/data/log/partitions'), [])
})

/** Puts records that are damaged in the log before they are read. */
async function putDamaged(
  stream: OneStream,
  records: readonly string[],
  damaged: readonly string[],
): Promise<void> {
  stream.disk.inject({ operation: 'read', code: 'EIO' })
  for (const record of records) await stream.put(record)
  const [segment] = stream.disk.filesIn('/data/log/shared')
  for (const record of damaged) stream.disk.flip(segment!, stream.disk.contentOf(segment!).indexOf(record))
}

test('damaged records are told of and skipped, and the stream goes on', async () => {
  for (const damaged of [['first'], ['second'], ['third'], ['first', 'second'], ['second', 'third']]) {
    const stream = await OneStream.open()
    await putDamaged(stream, ['first', 'second', 'third'], damaged)
    await stream.advance(60_000)
    assert.ok(stream.events('damaged').length > 0)
    await stream.put('fourth')
    await stream.advance(60_000)
    const kept = ['first', 'second', 'third', 'fourth'].filter((record) => !damaged.includes(record))
    assert.equal(stream.bodies().join(''), kept.join(''))
    assert.equal((await stream.restart()).bodies().join(''), kept.join(''))
  }
})

test('damage that is found when the log is opened is skipped as well', async () => {
  const stream = await OneStream.open()
  await putDamaged(stream, ['first', 'second', 'third'], ['second'])
  const next = await stream.restart()
  await next.advance(60_000)
  assert.deepEqual(next.bodies(), ['firstthird'])
})

test('a stream whose records are all damaged delivers what comes next', async () => {
  const stream = await OneStream.open()
  await putDamaged(stream, ['first'], ['first'])
  await stream.advance(60_000)
  await stream.put('second')
  await stream.advance(60_000)
  assert.deepEqual(stream.bodies(), ['second'])
})

test('offsets of a put that failed are skipped', async () => {
  const stream = await OneStream.open()
  await stream.put('a')
  stream.disk.inject({ operation: 'datasync', code: 'EIO', path: '.segment' })
  await assert.rejects(stream.put('lost'))
  await stream.advance(300)
  await stream.put('b')
  await stream.advance(60_000)
  assert.deepEqual(stream.bodies(), ['ab'])
  const next = await stream.restart()
  await next.put('c')
  await next.advance(60_000)
  assert.deepEqual(next.bodies(), ['ab', 'c'])
})

test('reading that fails is tried again every few seconds, and what is buffered goes out on time', async () => {
  const stream = await OneStream.open()
  await stream.put('a')
  stream.disk.inject({ operation: 'read', code: 'EIO', times: 3 })
  for (let i = 0; i < 10; i++) await stream.put('b')
  assert.equal(stream.events('failed').length, 1)
  await stream.advance(20_000)
  assert.equal(stream.events('failed').length, 3)
  await stream.advance(40_000)
  assert.deepEqual(stream.bodies(), ['abbbbbbbbbb'])
  await stream.put('c')
  stream.disk.inject({ operation: 'read', code: 'EIO', times: Infinity })
  await stream.put('d')
  await stream.advance(60_000)
  assert.deepEqual(stream.bodies()[1], 'c')
})

test('a journal that cannot be written holds deliveries back until it can', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }))
  stream.disk.inject({ operation: 'datasync', code: 'EIO', times: 3, path: '.journal' })
  await stream.put('a')
  assert.deepEqual(stream.store.calls, [])
  await stream.advance(60_000)
  assert.deepEqual(stream.bodies(), ['a'])
})

test('a spool that cannot be written holds reading back, and loses nothing', async () => {
  const stream = await OneStream.open(
    streamSettings({ buffering: { sizeBytes: 50_000, intervalMs: 60_000 } }),
    {
      budgetBytes: 10_000,
    },
  )
  stream.disk.inject({ operation: 'write', code: 'ENOSPC', times: 2, path: '/spool/' })
  const all = Array.from({ length: 30 }, (_, i) => `${i};`.padEnd(1000, '.'))
  for (const record of all) await stream.put(record)
  await stream.advance(120_000)
  assert.equal(stream.bodies().join(''), all.join(''))
})
