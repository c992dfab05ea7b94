/** Main thread and workers together: messages, replacement of a worker that died, update, removal, stopping. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SimulatedClock, settled } from '../../test/simulation/simulated-clock.ts'
import { SimulatedDisk } from '../../test/simulation/simulated-disk.ts'
import { simulatedPlatform } from '../../test/simulation/simulated-platform.ts'
import { SimulatedWorkers } from '../../test/simulation/simulated-worker.ts'
import { streamSettings } from '../../test/simulation/stream-settings.ts'
import { EmbeddedLog } from '../log/embedded-log.ts'
import { LogDirectory } from '../log/log-directory.ts'
import type { DeliveryEvent } from '../observability/events.ts'
import type { DeliverySettings } from '../streams/delivery-stream.ts'
import { DeliveryHost } from './delivery-host.ts'
import type { WorkerSettings } from './messages.ts'

const AT_ONCE = { sizeBytes: 1000, intervalMs: 0 }
const FAST = streamSettings({ buffering: AT_ONCE })
const SLOW = streamSettings({ buffering: { sizeBytes: 1_000_000, intervalMs: 60_000 } })

class Server {
  readonly clock: SimulatedClock
  readonly disk: SimulatedDisk
  readonly events: DeliveryEvent[] = []
  readonly deaths: Error[] = []
  readonly workers: SimulatedWorkers
  readonly host: DeliveryHost
  readonly log: EmbeddedLog

  private constructor(log: EmbeddedLog, platform: ReturnType<typeof simulatedPlatform>, workers: number) {
    this.log = log
    this.clock = platform.clock
    this.disk = platform.disk
    this.workers = new SimulatedWorkers(platform)
    this.host = new DeliveryHost({
      clock: this.clock,
      log,
      workers: Array.from({ length: workers }, (_, worker) => workerSettings(worker)),
      startWorker: this.workers.start,
      events: (events) => this.events.push(...events),
      died: (error) => this.deaths.push(error),
    })
    log.listen(this.host)
  }

  static async open(workers = 1): Promise<Server> {
    const platform = simulatedPlatform({ disk: new SimulatedDisk(['/data', '/data/spool']) })
    const log = await EmbeddedLog.open(
      {
        directory: new LogDirectory('/data'),
        platform,
        settings: { quotaBytes: 2 ** 30, segmentBytes: 64 * 1024, sharedBytes: 128 * 1024 },
        keys: { current: () => undefined, find: () => undefined },
        observer: { synced() {}, size() {}, condition() {}, damaged() {} },
      },
      [],
    )
    return new Server(log, platform, workers)
  }

  async add(partition: number, settings: DeliverySettings): Promise<void> {
    this.log.addPartition(partition)
    const opening = this.host.open(partition, settings, 0)
    await settled()
    await opening
  }

  async put(partition: number, record: string): Promise<void> {
    const frame = this.log.frame(1, record.length)
    frame.setLength(0, record.length)
    frame.bytes.write(record, frame.dataStart)
    await this.log.append(partition, frame)
    await this.advance(5)
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms)
    await settled()
  }

  /** Bodies of all objects of a bucket, in the order of their keys. */
  bodies(bucket = 'bucket'): readonly string[] {
    const paths = this.disk.filesIn(`/s3/${bucket}`).filter((path) => !path.includes('.hydrant-tmp'))
    return paths.map((path) => this.disk.contentOf(path).toString())
  }
}

function workerSettings(worker: number): WorkerSettings {
  return {
    worker,
    dataDirectory: '/data',
    objectStore: { kind: 'directory', path: '/s3', createBuckets: true },
    buckets: [],
    gzipLevel: 1,
    budgetBytes: 2 ** 24,
    failedMsMax: undefined,
  }
}

test('records go from the log through a worker to the bucket, and out of the log', async () => {
  const server = await Server.open(2)
  for (const partition of [1, 2, 3]) await server.add(partition, FAST)
  assert.equal(server.workers.started, 2)
  for (let i = 0; i < 30; i++) await server.put(1 + (i % 3), `${i};`.padEnd(9000, '.'))
  await server.advance(2000)
  assert.equal(server.bodies().length, 30)
  assert.ok(server.log.usedBytes <= 64 * 1024)
  const delivered = server.events.filter(({ kind }) => kind === 'delivered')
  assert.equal(delivered.length, 30)
  assert.ok(server.events.some(({ kind }) => kind === 'memory'))
})

test('a worker that died is replaced, and delivers what the other had not', async () => {
  const server = await Server.open()
  await server.add(1, FAST)
  await server.add(2, SLOW)
  await server.put(1, 'a')
  await server.put(2, 'b')
  server.workers.killLast()
  await server.put(1, 'c')
  assert.deepEqual(
    server.deaths.map(({ message }) => message),
    ['The simulated worker died.'],
  )
  await server.advance(1000)
  assert.equal(server.workers.started, 2)
  await server.put(1, 'd')
  assert.deepEqual([...server.bodies()].sort(), ['a', 'c', 'd'])
  await server.advance(60_000)
  assert.deepEqual([...server.bodies()].sort(), ['a', 'b', 'c', 'd'])
})

test('a stream that is created while a worker is replaced keeps no other from being opened again', async () => {
  const server = await Server.open()
  await server.add(1, SLOW)
  await server.put(1, 'a')
  server.workers.killLast()
  await server.add(2, FAST)
  await server.put(2, 'b')
  await server.advance(62_000)
  assert.equal(server.workers.started, 2)
  assert.deepEqual([...server.bodies()].sort(), ['a', 'b'])
})

test('workers that die again and again cost no record and double none', async () => {
  const server = await Server.open()
  await server.add(1, FAST)
  await server.add(2, FAST)
  server.disk.turns = () => 20
  for (let i = 0; i < 40; i++) {
    const frame = server.log.frame(1, 4)
    frame.setLength(0, 4)
    frame.bytes.write(String(1000 + i), frame.dataStart)
    await server.log.append(1 + (i % 2), frame)
    for (let turn = 0; turn < 37 * (i % 7); turn++) await undefined
    if (i % 3 === 0) server.workers.killLast()
    await server.advance(i % 5 === 0 ? 1100 : 1)
  }
  await server.advance(3000)
  const found = server.bodies().join('').match(/.{4}/g) ?? []
  assert.deepEqual(
    [...found].sort(),
    Array.from({ length: 40 }, (_, i) => String(1000 + i)),
  )
})

test('an update reaches the worker, and the one that replaces it', async () => {
  const server = await Server.open()
  await server.add(1, FAST)
  await server.put(1, 'a')
  await server.host.update(1, streamSettings({ bucket: 'new', buffering: AT_ONCE }))
  await server.put(1, 'b')
  server.workers.killLast()
  await server.advance(1000)
  await server.put(1, 'c')
  assert.deepEqual(server.bodies('bucket'), ['a'])
  assert.deepEqual([...server.bodies('new')].sort(), ['b', 'c'])
})

test('a stream that is removed is forgotten by the worker, and by the one that replaces it', async () => {
  const server = await Server.open()
  await server.add(1, SLOW)
  await server.add(2, SLOW)
  await server.put(1, 'a')
  await server.put(2, 'b')
  await server.host.remove(1)
  await server.log.removePartition(1)
  assert.deepEqual(server.disk.filesIn('/data/log/partitions/1'), [])
  server.workers.killLast()
  await server.advance(62_000)
  assert.deepEqual(server.bodies(), ['b'])
  assert.deepEqual(server.disk.filesIn('/data/log/partitions/1'), [])
})

test('a stream can be removed, and the server stopped, while its journal cannot be opened', async () => {
  const server = await Server.open()
  server.log.addPartition(1)
  server.disk.inject({ operation: 'rename', code: 'EROFS', times: Infinity, path: '.journal' })
  const opening = server.host.open(1, FAST, 0)
  await server.advance(20_000)
  assert.ok(server.events.filter(({ kind }) => kind === 'failed').length >= 3)
  await server.host.remove(1)
  await opening
  void server.host.open(2, FAST, 0)
  await server.advance(1000)
  await server.host.stop(0)
})

test('a journal that can be opened later is', async () => {
  const server = await Server.open()
  server.log.addPartition(1)
  server.disk.inject({ operation: 'rename', code: 'EROFS', times: 2, path: '.journal' })
  void server.host.open(1, FAST, 0)
  await server.put(1, 'a')
  await server.advance(20_000)
  assert.deepEqual(server.bodies(), ['a'])
})

test('stopping passes on what was settled last', async () => {
  const server = await Server.open(2)
  await server.add(1, FAST)
  await server.put(1, 'a')
  await server.host.stop(1000)
  assert.ok(server.events.some(({ kind }) => kind === 'delivered'))
})

test('what a worker did not live to do is not waited for', async () => {
  const server = await Server.open()
  await server.add(1, FAST)
  server.disk.turns = () => 1000
  const updating = server.host.update(1, streamSettings({ buffering: AT_ONCE }, { buffering: AT_ONCE }))
  server.workers.killLast()
  await updating
})
