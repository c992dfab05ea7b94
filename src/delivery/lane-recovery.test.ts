/** What a lane makes of the batches that were on their way when the server ended. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepsAll, losesAll } from '../../test/simulation/crash-policy.ts'
import type { Outcome } from '../../test/simulation/fake-object-store.ts'
import { OneStream } from '../../test/simulation/one-stream.ts'
import { streamSettings } from '../../test/simulation/stream-settings.ts'

const AT_ONCE = { sizeBytes: 1000, intervalMs: 0 }
const always = (outcome: Outcome) => () => outcome

function records(count: number, bytes: number): string[] {
  return Array.from({ length: count }, (_, i) => `${i};`.padEnd(bytes, '.'))
}

test('a batch that had arrived is settled, and not written again', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }))
  stream.store.outcome = always('fail after')
  await stream.put('a')
  const puts = stream.keysTried.length
  stream.store.outcome = always('ok')
  const next = await stream.restart()
  await next.put('b')
  await next.advance(60_000)
  assert.deepEqual(next.bodies(), ['a', 'b'])
  assert.equal(next.keysTried.length, puts + 1)
  assert.deepEqual(next.store.calls[puts], {
    operation: 'arrived',
    bucket: 'bucket',
    key: next.store.objects[0]!.key,
  })
})

test('a batch that had not arrived is written under the same key, with the same records', async () => {
  const all = records(12, 100)
  for (const compression of ['UNCOMPRESSED', 'GZIP'] as const) {
    const stream = await OneStream.open(streamSettings({ compression }))
    stream.store.outcome = always('hang')
    for (const record of all) await stream.put(record)
    stream.store.outcome = always('ok')
    const next = await stream.restart()
    assert.deepEqual(next.bodies(), [all.slice(0, 10).join('')])
    assert.equal(new Set(next.keysTried).size, 1)
    await next.advance(60_000)
    assert.deepEqual(next.bodies(), [all.slice(0, 10).join(''), all.slice(10).join('')])
  }
})

test('a batch keeps its encoding when the compression was changed before the server ended', async () => {
  const stream = await OneStream.open(streamSettings({ compression: 'GZIP', buffering: AT_ONCE }))
  stream.store.outcome = always('hang')
  await stream.put('a')
  await stream.update(streamSettings({ compression: 'UNCOMPRESSED', buffering: AT_ONCE }))
  stream.store.outcome = always('ok')
  const next = await stream.restart()
  assert.deepEqual(next.bodies(), ['a'])
  assert.equal(next.store.objects[0]!.encoding, 'GZIP')
})

test('batches that are settled before the loop has come past their records are not delivered twice', async () => {
  const stream = await OneStream.open()
  stream.store.outcome = always('fail after')
  const all = records(50, 100)
  for (const record of all) await stream.put(record)
  stream.store.outcome = always('ok')
  let opened = 0
  const next = await stream.restart('killed', {
    // Once the log is open, reading it fails for some seconds.
    prepare: (disk) => {
      disk.beforeOperation = (operation, path) => {
        if (operation !== 'open' || !path.endsWith('.journal') || ++opened !== 2) return
        disk.inject({ operation: 'read', code: 'EIO', path: '.segment' })
      }
    },
  })
  assert.equal(next.store.calls.at(-1)!.operation, 'arrived')
  await next.advance(120_000)
  assert.equal(next.bodies().join(''), all.join(''))
})

test('batches that settle out of order leave no record behind, whatever ends next', async () => {
  for (const ending of [losesAll, keepsAll, 'killed'] as const) {
    const stream = await OneStream.open()
    let number = 0
    // The second and the fourth arrive, the others hang.
    stream.store.outcome = () => (++number % 2 === 0 ? 'ok' : 'hang')
    const all = records(40, 100)
    for (const record of all) await stream.put(record)
    assert.equal(stream.bodies().length, 2)
    stream.store.outcome = always('ok')
    const next = await stream.restart(ending)
    await next.advance(60_000)
    const found = next
      .bodies()
      .join('')
      .split(/(?<=\.)(?=\d)/)
    assert.deepEqual([...found].sort(), [...all].sort())
  }
})

test('a batch is asked about until there is an answer, and not written before', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }))
  stream.store.outcome = always('fail after')
  await stream.put('a')
  const puts = stream.keysTried.length
  stream.store.outcome = ({ operation }) => (operation === 'arrived' ? 'fail before' : 'ok')
  const next = await stream.restart()
  await next.advance(3_600_000)
  assert.equal(next.keysTried.length, puts)
  stream.store.outcome = always('ok')
  await next.advance(120_000)
  assert.deepEqual(next.bodies(), ['a'])
  assert.equal(next.keysTried.length, puts)
})

test('a batch of which damage left a part is written with that part', async () => {
  const stream = await OneStream.open()
  stream.store.outcome = always('hang')
  const all = ['first'.padEnd(400, '.'), 'second'.padEnd(400, '.'), 'third'.padEnd(400, '.')]
  for (const record of all) await stream.put(record)
  const [segment] = stream.disk.filesIn('/data/log/shared')
  stream.disk.flip(segment!, stream.disk.contentOf(segment!).indexOf('second'))
  stream.store.outcome = always('ok')
  const next = await stream.restart()
  assert.deepEqual(next.bodies(), [all[0]! + all[2]!])
})

test('a batch of which damage left nothing is settled, and the stream goes on', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }))
  stream.store.outcome = always('hang')
  await stream.put('first')
  const [segment] = stream.disk.filesIn('/data/log/shared')
  stream.disk.flip(segment!, stream.disk.contentOf(segment!).indexOf('first'))
  stream.store.outcome = always('ok')
  const next = await stream.restart()
  await next.put('second')
  await next.advance(1000)
  assert.deepEqual(next.bodies(), ['second'])
  assert.equal(next.pipeline.budget.bufferedBytes, 0)
})

test('a damaged line of the journal is told of, and costs no record', async () => {
  const stream = await OneStream.open()
  stream.store.outcome = always('hang')
  const all = records(20, 100)
  for (const record of all) await stream.put(record)
  const [journal] = stream.disk.filesIn('/data/log/partitions')
  stream.disk.flip(journal!, stream.disk.contentOf(journal!).indexOf('"intent":'))
  stream.store.outcome = always('ok')
  const next = await stream.restart()
  await next.advance(60_000)
  assert.match(next.events('failed')[0]!.message, /primary.journal is damaged/)
  assert.deepEqual([...next.bodies()].sort(), [all.slice(0, 10).join(''), all.slice(10).join('')])
})

test('the log lets go of what is delivered, also what was delivered by the run before', async () => {
  const stream = await OneStream.open(streamSettings({ buffering: AT_ONCE }))
  const all = records(60, 10_000)
  for (const record of all) await stream.put(record)
  await stream.advance(1000)
  // Only the segment that is being written is left.
  assert.ok(stream.waitingBytes <= 64 * 1024, `${stream.waitingBytes} bytes`)
  const next = await stream.restart()
  assert.equal(next.bodies().join(''), all.join(''))
})

test('a batch that a full backlog follows is built again while the loop reads on', async () => {
  const stream = await OneStream.open(undefined, { budgetBytes: 20_000 })
  stream.store.outcome = always('hang')
  const all = records(400, 100)
  await stream.pipeline.put(1, all.slice(0, 200))
  await stream.pipeline.put(1, all.slice(200))
  await stream.advance(0)
  stream.store.outcome = always('ok')
  const next = await stream.restart()
  await next.advance(60_000)
  const found = next
    .bodies()
    .join('')
    .split(/(?<=\.)(?=\d)/)
  assert.deepEqual([...found].sort(), [...all].sort())
})
