import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { keepsAll, losesAll } from '../../test/simulation/crash-policy.ts'
import { settled } from '../../test/simulation/simulated-clock.ts'
import { SimulatedDisk } from '../../test/simulation/simulated-disk.ts'
import { DIRECTORY, openLog, type SimulatedLog } from '../../test/simulation/simulated-log.ts'
import { LogUnavailableError, OperatorError } from '../errors.ts'
import { encodeSegmentHeader } from './segment.ts'

const KIB = 1024
const SHARED = DIRECTORY.shared

function partitions(count: number) {
  return Array.from({ length: count }, (_, i) => ({ id: i + 1, settled: 0, next: 0 }))
}

/** Puts records of 1 KiB, one after the other, to the partitions in turn. */
async function fill({ put }: SimulatedLog, ids: readonly number[], count: number): Promise<void> {
  for (let i = 0; i < count; i++) await put(ids[i % ids.length]!, Buffer.alloc(KIB, 97 + (i % 26)))
}

function offsetsOf(records: readonly string[]): readonly number[] {
  return records.map((record) => Number(record.split(':')[0]))
}

const upTo = (end: number) => Array.from({ length: end }, (_, i) => i)

test('an acknowledged record survives the next power failure', async () => {
  const { put, platform } = await openLog()
  assert.equal(await put(1, 'one', 'two'), 0)
  assert.equal(await put(1, 'three'), 2)
  const after = await openLog({ disk: platform.disk.crash(losesAll) })
  assert.deepEqual(await after.read(1), ['0:one', '1:two', '2:three'])
  assert.equal(await after.put(1, 'four'), 3)
})

test('a thousand puts to a thousand partitions share a handful of syncs', async () => {
  const { put, platform } = await openLog({
    partitions: partitions(1000),
    settings: { segmentBytes: 2 ** 20, sharedBytes: 2 ** 24 },
  })
  const before = platform.disk.count('datasync')
  const offsets = await Promise.all(upTo(1000).map((i) => put(i + 1, `record of ${i + 1}`)))
  assert.deepEqual(new Set(offsets), new Set([0]))
  assert.ok(platform.disk.count('datasync') - before <= 3)
})

test('offsets of a partition are dense, whoever else puts', async () => {
  const { put, read } = await openLog({ partitions: partitions(3) })
  const puts = upTo(30).map((i) => put(1 + (i % 3), ...upTo(1 + (i % 4)).map(String)))
  await Promise.all(puts)
  for (const partition of [1, 2, 3]) {
    const offsets = offsetsOf(await read(partition))
    assert.deepEqual(offsets, upTo(offsets.length))
    assert.equal(
      offsets.length,
      upTo(30).reduce((sum, i) => sum + (1 + (i % 3) === partition ? 1 + (i % 4) : 0), 0),
    )
  }
})

test('over the quota puts are refused, until enough is delivered', async () => {
  const { log, put, conditions } = await openLog({ settings: { quotaBytes: 200 * KIB } })
  let count = 0
  await assert.rejects(async () => {
    for (; count < 1000; count++) await put(1, Buffer.alloc(KIB))
  }, LogUnavailableError)
  assert.ok(count > 150 && count < 200)
  assert.match(log.condition().reason ?? '', /quota of 204800 bytes/)
  await log.checkpoint(1, count)
  assert.deepEqual(log.condition(), { accepting: true })
  assert.equal(await put(1, 'again'), count)
  assert.equal(conditions.length, 2)
  assert.equal(conditions[1], undefined)
})

test('a full disk refuses puts, recovers by itself, and loses nothing that was acknowledged', async () => {
  const simulated = await openLog()
  const { log, put, platform, conditions } = simulated
  platform.disk.capacityBytes = 40 * KIB
  let count = 0
  await assert.rejects(async () => {
    for (; count < 100; count++) await put(1, Buffer.alloc(KIB))
  }, LogUnavailableError)
  assert.match(log.condition().reason ?? '', /ENOSPC/)
  await platform.clock.advance(2000)
  await assert.rejects(put(1, 'still full'), LogUnavailableError)
  assert.ok(platform.disk.filesIn(SHARED).length <= 2, 'files pile up while the disk is full')
  platform.disk.capacityBytes = Infinity
  await platform.clock.advance(250)
  assert.deepEqual(log.condition(), { accepting: true })
  assert.equal(conditions.length, 2)
  const offset = await put(1, 'room again')
  const after = await openLog({ disk: platform.disk.crash(losesAll) })
  const offsets = offsetsOf(await after.read(1))
  assert.deepEqual(offsets, [...upTo(count), offset])
})

test('after a failed sync nothing is acknowledged and the segment is never written again', async () => {
  const { log, put, platform, read } = await openLog()
  await put(1, 'before')
  const [failed] = platform.disk.filesIn(SHARED)
  platform.disk.inject({ operation: 'datasync', code: 'EIO' })
  await assert.rejects(put(1, 'lost'), LogUnavailableError)
  assert.equal(log.condition().accepting, false)
  const written: string[] = []
  platform.disk.beforeOperation = (operation, path) => {
    if (operation === 'write') written.push(path)
  }
  await platform.clock.advance(250)
  await put(1, 'after')
  assert.deepEqual(await read(1), ['0:before', '2:after'])
  await log.checkpoint(1, 3)
  for (let i = 0; i < 200; i++) {
    const offset = await put(1, Buffer.alloc(KIB))
    await log.checkpoint(1, offset + 1)
  }
  assert.ok(written.length > 200 && !written.includes(failed!))
  assert.ok(!platform.disk.filesIn(SHARED).includes(failed!))
})

test('a disk that turned read-only refuses puts, and deliveries go on settling', async () => {
  const { log, put, platform, read } = await openLog({ partitions: partitions(2) })
  await put(1, 'waiting')
  for (const operation of ['write', 'datasync', 'remove', 'syncDirectory'] as const) {
    platform.disk.inject({ operation, code: 'EROFS', times: Infinity })
  }
  await assert.rejects(put(1, 'refused'), /EROFS/)
  assert.deepEqual(await read(1), ['0:waiting'])
  await log.checkpoint(1, 1)
  platform.disk.clearFaults()
  await platform.clock.advance(250)
  assert.equal(await put(2, 'taken'), 0)
})

test('segments are used again: files do not grow in number when deliveries keep up', async () => {
  const { log, put, platform } = await openLog()
  for (let i = 0; i < 500; i++) {
    const offset = await put(1, Buffer.alloc(KIB))
    await log.checkpoint(1, offset + 1)
  }
  assert.ok(platform.disk.filesIn('/data/log').length <= 3)
  assert.equal(log.usedBytes, 0)
})

test('a segment is not used again while somebody reads it', async () => {
  const simulated = await openLog()
  const { log, delivery, platform } = simulated
  await fill(simulated, [1], 60)
  const [path] = platform.disk.filesIn(SHARED)
  const before = platform.disk.contentOf(path!)
  const reading = Promise.withResolvers<void>()
  const use = delivery.files.use(path!, () => reading.promise)
  void log.checkpoint(1, log.endOffset(1))
  await settled()
  await fill(simulated, [1], 200)
  assert.deepEqual(platform.disk.contentOf(path!), before)
  reading.resolve()
  await use
  await settled()
  await fill(simulated, [1], 200)
  assert.ok(!platform.disk.filesIn(SHARED).includes(path!) || !platform.disk.contentOf(path!).equals(before))
})

test('records of slow streams move out of the shared segments, and are read once while they do', async () => {
  const ids = upTo(5).map((i) => i + 1)
  const simulated = await openLog({ partitions: partitions(5) })
  const { delivery, platform } = simulated
  const cursors = new Map(ids.map((id) => [id, 0]))
  const seen = new Map<number, number[]>(ids.map((id) => [id, []]))
  const readSome = async () => {
    for (const id of ids) {
      const records = await delivery.read(id, cursors.get(id)!)
      for (const { offset } of records ?? []) {
        seen.get(id)!.push(offset)
        cursors.set(id, offset + 1)
      }
    }
  }
  for (let round = 0; round < 10; round++) await Promise.all([fill(simulated, ids, 50), readSome()])
  await settled()
  for (let i = 0; i < 200; i++) await readSome()
  for (const id of ids) assert.deepEqual(seen.get(id), upTo(100))
  assert.ok(platform.disk.filesIn(SHARED).length <= 4)
  assert.ok(platform.disk.filesIn(DIRECTORY.partitions).length >= 5)
  for (const id of ids) assert.deepEqual(offsetsOf(await simulated.read(id)), upTo(100))
  const after = await openLog({ disk: platform.disk.crash(losesAll), partitions: partitions(5) })
  for (const id of ids) assert.deepEqual(offsetsOf(await after.read(id)), upTo(100))
})

test('a segment that is mostly of one slow stream stays where it is', async () => {
  const simulated = await openLog()
  await fill(simulated, [1], 500)
  await settled()
  const { disk } = simulated.platform
  assert.deepEqual(disk.filesIn(DIRECTORY.partitions), [])
  assert.deepEqual(offsetsOf(await simulated.read(1)), upTo(500))
  await simulated.log.checkpoint(1, 500)
  assert.ok(disk.filesIn(SHARED).length <= 3)
})

test('a slow stream of few records does not hold whole segments of a busy one', async () => {
  const simulated = await openLog({ partitions: partitions(2) })
  const { log, put } = simulated
  for (let i = 0; i < 1000; i++) {
    if (i % 50 === 0) await put(2, `slow ${i}`)
    const offset = await put(1, Buffer.alloc(KIB))
    await log.checkpoint(1, offset + 1)
  }
  await settled()
  assert.ok(log.usedBytes < 300 * KIB, `${log.usedBytes} bytes for 20 records`)
  assert.deepEqual(offsetsOf(await simulated.read(2)), upTo(20))
  await log.checkpoint(2, 20)
  assert.deepEqual(simulated.platform.disk.filesIn(DIRECTORY.partitions), [])
})

test('records that cannot be moved to a full disk stay, and move when there is room', async () => {
  const simulated = await openLog({ partitions: partitions(3) })
  const { platform, log } = simulated
  platform.disk.inject({ operation: 'makeDirectory', code: 'ENOSPC', times: Infinity })
  await fill(simulated, [1, 2, 3], 300)
  await settled()
  for (const id of [1, 2, 3]) assert.deepEqual(offsetsOf(await simulated.read(id)), upTo(100))
  assert.equal(log.condition().accepting, true)
  platform.disk.clearFaults()
  await fill(simulated, [1, 2, 3], 60)
  await settled()
  assert.ok(platform.disk.filesIn(DIRECTORY.partitions).length >= 3)
  for (const id of [1, 2, 3]) assert.deepEqual(offsetsOf(await simulated.read(id)), upTo(120))
})

test('a removed partition takes its files and its room with it', async () => {
  const simulated = await openLog({ partitions: partitions(3) })
  const { log, put, platform } = simulated
  await fill(simulated, [1, 2, 3], 500)
  await settled()
  const inFlight = put(1, 'on its way')
  await log.removePartition(1)
  await inFlight
  await assert.rejects(put(1, 'gone'), LogUnavailableError)
  assert.deepEqual(platform.disk.filesIn(DIRECTORY.partition(1)), [])
  await log.removePartition(2)
  await log.removePartition(3)
  assert.equal(log.usedBytes, 0)
})

test('offsets go on above what was settled and removed', async () => {
  const first = await openLog()
  await fill(first, [1], 100)
  await first.log.checkpoint(1, 100)
  await first.log.close()
  for (const path of first.platform.disk.filesIn('/data/log')) await first.platform.disk.remove(path)
  const known = [{ id: 1, settled: 90, next: 100 }]
  const after = await openLog({ disk: first.platform.disk.crash(keepsAll), partitions: known })
  assert.equal(await after.put(1, 'next'), 100)
})

test('closing answers what is in flight and takes nothing more', async () => {
  const { log, put } = await openLog()
  const inFlight = put(1, 'in flight')
  const closed = log.close()
  await assert.rejects(put(1, 'late'), /shutting down/)
  assert.equal(await inFlight, 0)
  await closed
})

test('damage in the middle is reported, and what follows is read', async () => {
  const { log, put, platform } = await openLog()
  for (const record of ['one', 'two', 'three']) await put(1, record)
  const [path] = platform.disk.filesIn(SHARED)
  platform.disk.flip(path!, platform.disk.contentOf(path!).indexOf('two'))
  await log.close()
  const after = await openLog({ disk: platform.disk.crash(keepsAll) })
  assert.deepEqual(await after.read(1), ['0:one', '2:three'])
  assert.equal(after.delivery.damage.length, 1)
  const unsealed = platform.disk.crash(keepsAll)
  unsealed.flip(path!, 64 * KIB - 30)
  const scanned = await openLog({ disk: unsealed })
  assert.deepEqual(await scanned.read(1), ['0:one', '2:three'])
  assert.equal(scanned.damage.length, 1)
})

test('encrypted records show nothing at rest and are read with their key, also after they moved', async () => {
  const key = { keyId: 1, key: Buffer.alloc(32, 7) }
  const keys = { current: () => key, find: (keyId: number) => (keyId === 1 ? key : undefined) }
  const simulated = await openLog({ keys, partitions: partitions(3) })
  const { put, platform } = simulated
  await put(1, 'a secret')
  await fill(simulated, [1, 2, 3], 300)
  await settled()
  assert.ok(platform.disk.filesIn(DIRECTORY.partition(1)).length > 0)
  for (const path of platform.disk.filesIn('/data')) {
    const content = platform.disk.contentOf(path)
    assert.ok(!content.includes('a secret') && !content.includes('aaaaaaaa'))
  }
  assert.equal((await simulated.read(1))[0], '0:a secret')
})

test('a segment of an unknown version is refused with the name of the file', async () => {
  const disk = new SimulatedDisk(['/data', '/data/log', SHARED])
  const path = DIRECTORY.sharedSegment(3)
  const header = encodeSegmentHeader({ epoch: 1, capacityBytes: 64 * KIB, createdAtMs: 1 })
  header.writeUInt32LE(9, 12)
  header.writeUInt32LE(crc32(header.subarray(12, 40)), 8)
  await (await disk.open(path, { create: true })).write([header], 0)
  await assert.rejects(
    openLog({ disk }),
    (error) => error instanceof OperatorError && error.message.includes(path),
  )
})

test('few files are open at once, however many partitions there are', async () => {
  const many = partitions(300)
  const ids = many.map(({ id }) => id)
  const simulated = await openLog({ partitions: many })
  const { disk } = simulated.platform
  let openMax = 0
  const watch = (watched: SimulatedDisk) => {
    watched.beforeOperation = () => {
      openMax = Math.max(openMax, watched.count('open') - watched.count('close'))
    }
    return watched
  }
  watch(disk)
  await fill(simulated, ids, 900)
  await settled()
  assert.ok(disk.filesIn(DIRECTORY.partitions).length > 200)
  const after = await openLog({ disk: watch(disk.crash(losesAll)), partitions: many })
  assert.deepEqual(offsetsOf(await after.read(300)), [0, 1, 2])
  assert.ok(openMax < 32, `${openMax} files`)
})
