/** What runs in a worker thread: the deliveries of its share of the partitions. */

import { join } from 'node:path'
import { destinations } from '../destinations/index.ts'
import { ObjectStores } from '../destinations/s3/object-stores.ts'
import type { DataKey } from '../log/data-keys.ts'
import { FRAME_BYTES_MAX } from '../log/frame.ts'
import { LogDirectory } from '../log/log-directory.ts'
import { READS_MAX, ReadBuffers } from '../log/read-buffers.ts'
import { runsOf } from '../log/run-table.ts'
import { SegmentFiles } from '../log/segment-files.ts'
import type { DeliveryEvent } from '../observability/events.ts'
import type { Platform, Timer } from '../platform.ts'
import type { Offset, PartitionId } from '../record.ts'
import { MemoryBudget } from './memory-budget.ts'
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts'
import { PartitionDelivery, type PartitionEnvironment } from './partition-delivery.ts'
import { spoolPath } from './spool.ts'
import { Wake } from './wake.ts'

const SEGMENTS_OPEN_MAX = 16
/** How long settled offsets and events are collected before the main thread hears of them. */
const REPORT_MS = 50
const GAUGES_MS = 1000
const RETRY_MS = 5000

export class DeliveryWorker {
  readonly #platform: Platform
  readonly #settings: WorkerSettings
  readonly #post: (message: FromWorker) => void
  readonly #partitions = new Map<PartitionId, PartitionDelivery>()
  readonly #keys = new Map<number, DataKey>()
  readonly #files: SegmentFiles
  readonly #budget: MemoryBudget
  readonly #stores: ObjectStores
  readonly #environment: PartitionEnvironment
  /** Messages about one partition are carried out one after the other. */
  readonly #turns = new Map<PartitionId, Promise<void>>()
  /** Of partitions whose journals are being opened; notified to give up. */
  readonly #retries = new Map<PartitionId, Wake>()
  readonly #checkpoints = new Map<PartitionId, Offset>()
  #events: DeliveryEvent[] = []
  #isStopping = false
  #reportTimer: Timer | undefined
  #gaugeTimer: Timer | undefined

  constructor(settings: WorkerSettings, platform: Platform, post: (message: FromWorker) => void) {
    this.#settings = settings
    this.#platform = platform
    this.#post = post
    this.#files = new SegmentFiles(platform.disk, SEGMENTS_OPEN_MAX)
    this.#budget = new MemoryBudget(settings.budgetBytes, READS_MAX)
    this.#stores = new ObjectStores({
      objectStore: settings.objectStore,
      buckets: new Map(settings.buckets),
      platform,
    })
    const spoolDirectory = spoolPath(settings.dataDirectory)
    this.#environment = {
      platform,
      directory: new LogDirectory(settings.dataDirectory),
      budget: this.#budget,
      spool: { disk: platform.disk, newPath: () => join(spoolDirectory, platform.chance.uuid()) },
      reading: {
        disk: platform.disk,
        files: this.#files,
        buffers: new ReadBuffers(READS_MAX, FRAME_BYTES_MAX),
        keys: { find: (keyId) => this.#keys.get(keyId) },
      },
      failedMsMax: settings.failedMsMax,
      destination: (stream, lane) =>
        destinations.ExtendedS3({
          settings: stream,
          lane,
          stores: this.#stores,
          gzipLevel: settings.gzipLevel,
          chance: platform.chance,
        }),
      report: (event) => {
        this.#events.push(event)
        this.#reportSoon()
      },
      checkpoint: (partition, offset) => {
        this.#checkpoints.set(partition, offset)
        this.#reportSoon()
      },
    }
    this.#scheduleGauges()
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case 'segment':
        this.#files.register(message.epoch, message.path)
        return
      case 'committed':
        for (const run of runsOf(message.rows)) this.#partitions.get(run.partition)?.committed(run)
        return
      case 'moved':
        this.#partitions.get(message.partition)?.moved(message.epoch, message.segments)
        return
      case 'key':
        this.#keys.set(message.keyId, { keyId: message.keyId, key: Buffer.from(message.key) })
        return
      case 'forget':
        this.#answer(message.request, this.#files.forget(message.epoch))
        return
      case 'open':
        this.#answer(message.request, this.#open(message))
        return
      case 'update':
        this.#answer(message.request, this.#update(message))
        return
      case 'remove':
        this.#answer(message.request, this.#remove(message.partition))
        return
      case 'stop':
        this.#answer(message.request, this.#stop(message.graceMs))
        return
    }
  }

  #answer(request: number, work: Promise<void>): void {
    work.then(
      () => this.#post({ type: 'done', request }),
      (error: unknown) => this.#post({ type: 'done', request, error: String(error) }),
    )
  }

  async #open(message: Extract<ToWorker, { type: 'open' }>): Promise<void> {
    const { partition, settings, own, start } = message
    const shared = runsOf(message.shared)
    const delivery = new PartitionDelivery(this.#environment, { partition, settings, own, shared, start })
    // Known before it is started: commits that arrive while its journals are read are not missed.
    this.#partitions.set(partition, delivery)
    await this.#inTurn(partition, () => this.#persist(partition, delivery, () => delivery.start()))
  }

  #update({ partition, settings, start }: Extract<ToWorker, { type: 'update' }>): Promise<void> {
    return this.#inTurn(partition, async () => {
      const delivery = this.#partitions.get(partition)
      if (delivery === undefined) return
      await this.#persist(partition, delivery, () => delivery.update(settings, start))
    })
  }

  /** Tries until journals can be opened: a disk that fails now must not end deliveries until the next start. */
  async #persist(
    partition: PartitionId,
    delivery: PartitionDelivery,
    work: () => Promise<void>,
  ): Promise<void> {
    const retry = new Wake(this.#platform.clock)
    this.#retries.set(partition, retry)
    while (this.#partitions.get(partition) === delivery && !this.#isStopping) {
      try {
        await work()
        break
      } catch (error) {
        delivery.reportFailure(error instanceof Error ? error.message : String(error))
        await retry.sleep(RETRY_MS)
      }
    }
    this.#retries.delete(partition)
  }

  async #remove(partition: PartitionId): Promise<void> {
    const delivery = this.#partitions.get(partition)
    // At once: one that is still being started must not wait for its turn to be told.
    this.#partitions.delete(partition)
    this.#retries.get(partition)?.notify()
    await this.#inTurn(partition, async () => {
      await delivery?.remove()
      this.#checkpoints.delete(partition)
    })
    this.#turns.delete(partition)
  }

  async #stop(graceMs: number): Promise<void> {
    this.#isStopping = true
    for (const retry of this.#retries.values()) retry.notify()
    this.#gaugeTimer?.cancel()
    // In turn: a partition that is being opened must not begin after this.
    const stops = [...this.#partitions.keys()].map((partition) =>
      this.#inTurn(partition, async () => this.#partitions.get(partition)?.stop(graceMs)),
    )
    await Promise.all(stops)
    await this.#stores.close()
    await this.#files.closeAll()
    this.#reportTimer?.cancel()
    this.#reportNow()
  }

  #inTurn(partition: PartitionId, work: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(partition) ?? Promise.resolve()
    const turn = before.then(work)
    this.#turns.set(
      partition,
      turn.catch(() => undefined),
    )
    return turn
  }

  #reportSoon(): void {
    this.#reportTimer ??= this.#platform.clock.after(REPORT_MS, () => this.#reportNow())
  }

  #reportNow(): void {
    this.#reportTimer = undefined
    if (this.#checkpoints.size > 0) this.#post({ type: 'checkpoints', pairs: [...this.#checkpoints] })
    this.#checkpoints.clear()
    if (this.#events.length > 0) this.#post({ type: 'events', events: this.#events })
    this.#events = []
  }

  #scheduleGauges(): void {
    this.#gaugeTimer = this.#platform.clock.after(GAUGES_MS, () => {
      this.#reportGauges()
      this.#scheduleGauges()
    })
  }

  #reportGauges(): void {
    const { worker } = this.#settings
    const { bufferedBytes, spooledBytes } = this.#budget
    this.#events.push({ kind: 'memory', worker, bufferedBytes, spooledBytes })
    for (const [partition, delivery] of this.#partitions) {
      for (const { lane, oldestMs: arrivedAtMs } of delivery.takeOldestChanges()) {
        const { streamName } = delivery.settings
        this.#events.push({ kind: 'oldest', streamName, lane, partition, arrivedAtMs })
      }
    }
    this.#reportNow()
  }
}
