import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DIRECTORY, openLog, type SimulatedLog } from '../../test/simulation/simulated-log.ts'
import { PartitionIndex } from './partition-index.ts'
import { KeyMissingError, PartitionReader } from './partition-reader.ts'
import { ReadBuffers } from './read-buffers.ts'
import { SegmentFiles } from './segment-files.ts'

/** Reads partition 1 through buffers that hold three frames or four, from `from` to the tail. */
async function readInPieces({ log, platform }: SimulatedLog, from = 0) {
  const { own, shared } = log.snapshot(1)
  const files = new SegmentFiles(platform.disk, 4)
  log.listen({
    segmentStarted: (epoch, path) => files.register(epoch, path),
    committed() {},
    moved() {},
    segmentEnded: () => Promise.resolve(),
  })
  const damage: number[] = []
  const reader = new PartitionReader(new PartitionIndex(1, own, shared), {
    disk: platform.disk,
    files,
    buffers: new ReadBuffers(1, 1024),
    keys: { find: () => undefined },
    damaged: (_path, position) => damage.push(position),
  })
  const offsets: number[] = []
  let reads = 0
  for (let next = from; ; reads++) {
    const found = await reader.read(next, (batches) => {
      for (const { baseOffset, lengths } of batches) {
        next = baseOffset + lengths.length
        offsets.push(...Array.from(lengths, (_, i) => baseOffset + i))
      }
    })
    if (!found) return { offsets, damage, reads }
  }
}

async function logWithFrames(count: number): Promise<SimulatedLog> {
  const simulated = await openLog()
  for (let i = 0; i < count; i++) await simulated.put(1, Buffer.alloc(150 + ((i * 67) % 150), i))
  return simulated
}

const COUNT = 24
const ALL = Array.from({ length: COUNT }, (_, i) => i)

test('frames are read whole, however they lie in the pieces that are read at once', async () => {
  const simulated = await logWithFrames(COUNT)
  const { offsets, damage, reads } = await readInPieces(simulated)
  assert.deepEqual(offsets, ALL)
  assert.deepEqual(damage, [])
  assert.ok(reads > 5)
  assert.deepEqual((await readInPieces(simulated, 17)).offsets, ALL.slice(17))
})

test('a damaged frame costs its own records and no others', async () => {
  const { platform } = await logWithFrames(COUNT)
  const [path] = platform.disk.filesIn(DIRECTORY.shared)
  const content = platform.disk.contentOf(path!)
  const starts = ALL.map((i) => content.indexOf('HYF1', i === 0 ? 4096 : 0))
  for (let i = 1; i < COUNT; i++) starts[i] = content.indexOf('HYF1', starts[i - 1]! + 4)
  for (const [i, start] of starts.entries()) {
    for (const at of [1, 9, 17, 30, 80]) {
      const simulated = await logWithFrames(COUNT)
      simulated.platform.disk.flip(path!, start + at)
      const { offsets, damage } = await readInPieces(simulated)
      assert.deepEqual(
        offsets,
        ALL.filter((offset) => offset !== i),
        `byte ${at} of frame ${i}`,
      )
      assert.equal(damage[0], start)
    }
  }
})

test('records whose key is missing are not skipped', async () => {
  const key = { keyId: 1, key: Buffer.alloc(32, 7) }
  const simulated = await openLog({ keys: { current: () => key, find: () => undefined } })
  await simulated.put(1, 'secret')
  await assert.rejects(readInPieces(simulated), KeyMissingError)
})
