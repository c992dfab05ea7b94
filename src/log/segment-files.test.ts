import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled } from '../../test/simulation/simulated-clock.ts'
import { SimulatedDisk } from '../../test/simulation/simulated-disk.ts'
import { SegmentFiles } from './segment-files.ts'

async function diskWith(...paths: readonly string[]): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk()
  for (const path of paths) await (await disk.open(path, { create: true })).close()
  disk.counts.clear()
  return disk
}

const isOpen = (disk: SimulatedDisk) => disk.count('open') - disk.count('close')

test('a file stays open between reads, and only so many do', async () => {
  const paths = Array.from({ length: 10 }, (_, i) => `/${i}`)
  const disk = await diskWith(...paths)
  const files = new SegmentFiles(disk, 3)
  await files.use('/0', (file) => file.size())
  await files.use('/0', (file) => file.size())
  assert.equal(disk.count('open'), 1)
  for (const path of paths) await files.use(path, (file) => file.size())
  await settled()
  assert.equal(isOpen(disk), 3)
  await files.use('/9', (file) => file.size())
  assert.equal(disk.count('open'), 10)
  await files.closeAll()
  assert.equal(isOpen(disk), 0)
})

test('a segment is let go of when its last reader is done', async () => {
  const disk = await diskWith('/segment')
  const files = new SegmentFiles(disk, 3)
  files.register(7, '/segment')
  const reads = Array.from({ length: 2 }, () => Promise.withResolvers<void>())
  const uses = reads.map(({ promise }) => files.use(files.pathOf(7), () => promise))
  let isForgotten = false
  const forgotten = files.forget(7).then(() => {
    isForgotten = true
  })
  reads[0]!.resolve()
  await settled()
  assert.equal(isForgotten, false)
  reads[1]!.resolve()
  await Promise.all([...uses, forgotten])
  assert.equal(isOpen(disk), 0)
  assert.throws(() => files.pathOf(7))
})

test('a file that could not be opened is tried again', async () => {
  const disk = await diskWith('/segment')
  const files = new SegmentFiles(disk, 3)
  disk.inject({ operation: 'open', code: 'EMFILE' })
  await assert.rejects(files.use('/segment', (file) => file.size()))
  assert.equal(await files.use('/segment', (file) => file.size()), 0)
})
