import assert from 'node:assert/strict'
import { test } from 'node:test'
import { losesAll } from '../../../test/simulation/crash-policy.ts'
import { SimulatedDisk } from '../../../test/simulation/simulated-disk.ts'
import { DurableNames } from './durable-names.ts'

test('those who ask while a sync runs share the next one', async () => {
  const disk = new SimulatedDisk(['/a'])
  const names = new DurableNames(disk)
  await Promise.all(Array.from({ length: 100 }, () => names.sync('/a')))
  assert.equal(disk.count('syncDirectory'), 2)
  await names.sync('/a')
  assert.equal(disk.count('syncDirectory'), 3)
})

test('a sync that fails fails those who wait for it, and not the next', async () => {
  const disk = new SimulatedDisk(['/a'])
  const names = new DurableNames(disk)
  disk.inject({ operation: 'syncDirectory', code: 'EIO' })
  const outcomes = await Promise.allSettled([names.sync('/a'), names.sync('/a')])
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'fulfilled'],
  )
  await names.sync('/a')
})

test('a directory is there after a power failure, with those above it', async () => {
  const disk = new SimulatedDisk(['/data'])
  await new DurableNames(disk).makeDirectory('/data/s3/bucket/2026')
  const after = disk.crash(losesAll)
  assert.notEqual(await after.size('/data/s3/bucket/2026'), undefined)
})
