import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorCode } from '../../src/errors.ts'
import { keepsAll, keepsSome, losesAll } from './crash-policy.ts'
import { SeededChance } from './seeded-chance.ts'
import { SimulatedClock } from './simulated-clock.ts'
import { CrashError, SimulatedDisk } from './simulated-disk.ts'

async function diskWithFile(): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk()
  await disk.makeDirectory('/data')
  const file = await disk.open('/data/file', { create: true })
  await file.write([Buffer.from('durable')], 0)
  await file.datasync()
  await disk.syncDirectory('/data')
  await disk.syncDirectory('/')
  await file.write([Buffer.from('DURABLE, and more')], 0)
  return disk
}

test('a crash keeps what was synced and loses what was not', async () => {
  const disk = await diskWithFile()
  assert.equal(disk.contentOf('/data/file').toString(), 'DURABLE, and more')
  const after = disk.crash(losesAll)
  assert.equal(after.contentOf('/data/file').toString(), 'durable')
  await assert.rejects(disk.list('/data'), CrashError)
})

test('a killed process loses nothing that it wrote, until the power fails as well', async () => {
  const disk = (await diskWithFile()).kill()
  assert.equal(disk.contentOf('/data/file').toString(), 'DURABLE, and more')
  assert.equal(disk.crash(losesAll).contentOf('/data/file').toString(), 'durable')
})

test('a torn write survives up to some byte or in scattered sectors', async () => {
  const found = new Set<string>()
  for (let seed = 0; seed < 50; seed++) {
    const disk = await diskWithFile()
    found.add(
      disk
        .crash(keepsSome(new SeededChance(seed)))
        .contentOf('/data/file')
        .toString(),
    )
  }
  assert.ok(found.has('durable') && found.has('DURABLE, and more') && found.size > 4, [...found].join('|'))
})

test('a name that was not synced may be lost; a renamed file has either name', async () => {
  const disk = await diskWithFile()
  await disk.rename('/data/file', '/data/renamed')
  await (await disk.open('/data/new', { create: true })).close()
  assert.deepEqual(disk.crash(losesAll).filesIn('/data'), ['/data/file'])
  const other = await diskWithFile()
  await other.rename('/data/file', '/data/renamed')
  await other.syncDirectory('/data')
  assert.deepEqual(other.crash(losesAll).filesIn('/data'), ['/data/renamed'])
})

test('after a failed sync the bytes are read back and still never reach the disk', async () => {
  const disk = await diskWithFile()
  const file = await disk.open('/data/file')
  disk.inject({ operation: 'datasync', code: 'EIO' })
  await assert.rejects(file.datasync(), (error) => errorCode(error) === 'EIO')
  await file.datasync()
  assert.equal(disk.contentOf('/data/file').toString(), 'DURABLE, and more')
  assert.equal(disk.crash(keepsAll).contentOf('/data/file').toString(), 'durable')
})

test('a full disk takes a part of a write', async () => {
  const disk = new SimulatedDisk()
  disk.capacityBytes = 8192
  const file = await disk.open('/file', { create: true })
  await assert.rejects(file.write([Buffer.alloc(10_000, 1)], 0), (error) => errorCode(error) === 'ENOSPC')
  assert.equal(await file.size(), 8192)
  await file.write([Buffer.alloc(8192, 2)], 0)
})

test('the clock runs timers in their order and lets promises settle', async () => {
  const clock = new SimulatedClock(0)
  const order: string[] = []
  clock.after(20, () => order.push(`b at ${clock.now()}`))
  clock.after(10, () => {
    order.push(`a at ${clock.now()}`)
    void Promise.resolve().then(() => clock.after(5, () => order.push(`c at ${clock.now()}`)))
  })
  clock.after(5, () => order.push('cancelled')).cancel()
  await clock.advance(30)
  assert.deepEqual(order, ['a at 10', 'c at 15', 'b at 20'])
  assert.equal(clock.now(), 30)
})
