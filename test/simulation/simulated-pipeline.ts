/**
 * Log and deliveries of one life of a server, without HTTP and without threads: what the main thread and a worker say
 * to each other are messages that arrive a little later, in their order.
 */

import { join } from 'node:path'
import { readJournal } from '../../src/delivery/journal.ts'
import { MemoryBudget } from '../../src/delivery/memory-budget.ts'
import { PartitionDelivery, type PartitionEnvironment } from '../../src/delivery/partition-delivery.ts'
import type { Destination } from '../../src/destinations/destination.ts'
import {
  EmbeddedLog,
  type KnownPartition,
  type LogListener,
  type LogSettings,
} from '../../src/log/embedded-log.ts'
import { FRAME_BYTES_MAX } from '../../src/log/frame.ts'
import { LogDirectory } from '../../src/log/log-directory.ts'
import type { OwnSegment } from '../../src/log/partition-index.ts'
import { ReadBuffers } from '../../src/log/read-buffers.ts'
import { type RunTable, runsOf } from '../../src/log/run-table.ts'
import { SegmentFiles } from '../../src/log/segment-files.ts'
import type { DeliveryEvent, Lane } from '../../src/observability/events.ts'
import type { Offset, PartitionId } from '../../src/record.ts'
import type { DeliverySettings } from '../../src/streams/delivery-stream.ts'
import { CrashError } from './simulated-disk.ts'
import type { SimulatedPlatform } from './simulated-platform.ts'

const DATA = '/data'
const SPOOL = '/data/spool'
const READS_MAX = 4
const RETRY_MS = 5000
const LOG_SETTINGS: LogSettings = { quotaBytes: 2 ** 30, segmentBytes: 64 * 1024, sharedBytes: 128 * 1024 }

/** Shared by all lives: each buffer has five megabytes. */
const readBuffers = new ReadBuffers(2 * READS_MAX, FRAME_BYTES_MAX)

/** Where objects go. */
export interface Buckets {
  newDestination(settings: DeliverySettings, lane: Lane, life: Life): Destination
}

/** The process that a destination belongs to. */
export interface Life {
  readonly platform: SimulatedPlatform
  /** Throws once the process is no more: what it still does must have no effect. */
  requireAlive(): void
}

export interface PipelineOptions {
  readonly platform: SimulatedPlatform
  readonly buckets: Buckets
  readonly streams: ReadonlyMap<PartitionId, DeliverySettings>
  readonly log?: Partial<LogSettings>
  readonly budgetBytes?: number
  readonly failedMsMax?: number
  /** Turns of the promise queue that a message takes. */
  readonly turns?: () => number
}

export class SimulatedPipeline implements LogListener {
  readonly #options: PipelineOptions
  readonly log: EmbeddedLog
  readonly events: DeliveryEvent[] = []
  readonly budget: MemoryBudget
  readonly #files: SegmentFiles
  readonly #environment: PartitionEnvironment
  readonly #partitions = new Map<PartitionId, PartitionDelivery>()
  readonly #oldest = new Map<string, number | undefined>()
  readonly #turns = new Map<PartitionId, Promise<void>>()
  #isStopping = false
  #isOver = false
  #toWorker: Promise<void> = Promise.resolve()
  #toMain: Promise<void> = Promise.resolve()

  private constructor(options: PipelineOptions, log: EmbeddedLog) {
    const { platform, buckets } = options
    this.#options = options
    this.log = log
    this.#files = new SegmentFiles(platform.disk, 4)
    this.budget = new MemoryBudget(options.budgetBytes ?? 2 ** 26, READS_MAX)
    this.#environment = {
      platform,
      directory: new LogDirectory(DATA),
      budget: this.budget,
      spool: { disk: platform.disk, newPath: () => join(SPOOL, platform.chance.uuid()) },
      reading: {
        disk: platform.disk,
        files: this.#files,
        buffers: readBuffers,
        keys: { find: () => undefined },
      },
      failedMsMax: options.failedMsMax,
      destination: (settings, lane) =>
        buckets.newDestination(settings, lane, { platform, requireAlive: () => this.#requireAlive() }),
      report: (event) => this.events.push(event),
      checkpoint: (partition, offset) => {
        this.#toMain = this.#message(this.#toMain, () => void this.log.checkpoint(partition, offset))
      },
    }
    log.listen(this)
  }

  /** Opens log and deliveries as the server does when it starts. */
  static async open(options: PipelineOptions): Promise<SimulatedPipeline> {
    const { platform, streams } = options
    const { disk } = platform
    const directory = new LogDirectory(DATA)
    await disk.remove(SPOOL)
    await disk.makeDirectory(SPOOL)
    const partitions: KnownPartition[] = []
    for (const [id, settings] of streams)
      partitions.push(await knownPartition(platform, directory, id, settings))
    const observer = { synced() {}, size() {}, condition() {}, damaged() {} }
    const keys = { current: () => undefined, find: () => undefined }
    const settings = { ...LOG_SETTINGS, ...options.log }
    const log = await EmbeddedLog.open({ directory, platform, settings, keys, observer }, partitions)
    const pipeline = new SimulatedPipeline(options, log)
    for (const [id, stream] of streams) pipeline.#openPartition(id, stream)
    return pipeline
  }

  addStream(partition: PartitionId, settings: DeliverySettings): void {
    this.log.addPartition(partition)
    this.#openPartition(partition, settings)
  }

  /** Resolves with the first offset once the records are durable. */
  put(partition: PartitionId, records: readonly (Buffer | string)[]): Promise<Offset> {
    const buffers = records.map((record) => Buffer.from(record))
    const bytes = buffers.reduce((sum, { length }) => sum + length, 0)
    const frame = this.log.frame(buffers.length, bytes)
    let at = frame.dataStart
    for (const [i, buffer] of buffers.entries()) {
      frame.setLength(i, buffer.length)
      at += buffer.copy(frame.bytes, at)
    }
    return this.log.append(partition, frame)
  }

  /** Resolves when the deliveries go by the settings. */
  async update(partition: PartitionId, settings: DeliverySettings): Promise<void> {
    const start = this.log.endOffset(partition)
    let updated: Promise<void> | undefined
    this.#tellWorker(() => {
      const delivery = this.#partitions.get(partition)
      updated = this.#inTurn(partition, () =>
        this.#persist(partition, () => delivery?.update(settings, start)),
      )
      updated.catch(() => undefined)
    })
    await this.#toWorker
    await updated
  }

  async removeStream(partition: PartitionId): Promise<void> {
    await this.#toWorker
    const delivery = this.#partitions.get(partition)
    this.#partitions.delete(partition)
    await this.#inTurn(partition, async () => delivery?.remove())
    if (!this.#isOver) await this.log.removePartition(partition)
  }

  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true
    const stops = [...this.#partitions].map(([partition, delivery]) =>
      this.#inTurn(partition, () => delivery.stop(graceMs)),
    )
    await Promise.all(stops)
    await this.#toMain
    await this.#files.closeAll()
    await this.log.close()
  }

  /** Arrival of the oldest record that was read and is not delivered. */
  oldestMs(partition: PartitionId, lane: Lane = 'primary'): number | undefined {
    for (const change of this.#partitions.get(partition)?.takeOldestChanges() ?? []) {
      this.#oldest.set(`${partition} ${change.lane}`, change.oldestMs)
    }
    return this.#oldest.get(`${partition} ${lane}`)
  }

  /** The process ends here: nothing that it still does has an effect. */
  end(): void {
    this.#isOver = true
  }

  segmentStarted(epoch: number, path: string): void {
    this.#tellWorker(() => this.#files.register(epoch, path))
  }

  committed(runs: RunTable): void {
    const rows = runs.toArray()
    this.#tellWorker(() => {
      for (const run of runsOf(rows)) this.#partitions.get(run.partition)?.committed(run)
    })
  }

  moved(partition: PartitionId, epoch: number, segments: readonly OwnSegment[]): void {
    this.#tellWorker(() => this.#partitions.get(partition)?.moved(epoch, segments))
  }

  async segmentEnded(epoch: number): Promise<void> {
    let forgotten: Promise<void> | undefined
    this.#tellWorker(() => {
      forgotten = this.#files.forget(epoch)
    })
    await this.#toWorker
    await forgotten
  }

  #openPartition(partition: PartitionId, settings: DeliverySettings): void {
    const { own, shared } = this.log.snapshot(partition)
    const delivery = new PartitionDelivery(this.#environment, { partition, settings, own, shared, start: 0 })
    this.#tellWorker(() => {
      this.#partitions.set(partition, delivery)
      void this.#inTurn(partition, () => this.#persist(partition, () => delivery.start())).catch(
        () => undefined,
      )
    })
  }

  /** One after the other for each partition. */
  #inTurn(partition: PartitionId, work: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(partition) ?? Promise.resolve()).then(work)
    this.#turns.set(
      partition,
      turn.catch(() => undefined),
    )
    return turn
  }

  /** Tries until the disk lets it. */
  async #persist(partition: PartitionId, work: () => Promise<void> | undefined): Promise<void> {
    const delivery = this.#partitions.get(partition)
    while (this.#partitions.get(partition) === delivery && !this.#isOver && !this.#isStopping) {
      try {
        await work()
        return
      } catch {
        await new Promise<void>((resolve) => this.#options.platform.clock.after(RETRY_MS, resolve))
      }
    }
  }

  #tellWorker(receive: () => void): void {
    this.#toWorker = this.#message(this.#toWorker, receive)
  }

  #message(before: Promise<void>, receive: () => void): Promise<void> {
    return before.then(async () => {
      for (let turn = this.#options.turns?.() ?? 0; turn > 0; turn--) await undefined
      if (!this.#isOver) receive()
    })
  }

  #requireAlive(): void {
    if (this.#isOver) throw new CrashError()
  }
}

/** As the server finds it: what the journals say. */
async function knownPartition(
  { disk }: SimulatedPlatform,
  directory: LogDirectory,
  id: PartitionId,
  settings: DeliverySettings,
): Promise<KnownPartition> {
  const lanes = settings.backup === undefined ? ['primary'] : ['primary', 'backup']
  let settled = Infinity
  let next = 0
  for (const lane of lanes) {
    const state = (await readJournal(disk, directory.journal(id, lane)))?.state
    settled = Math.min(settled, state?.low ?? 0)
    const ends = [...(state?.intents.values() ?? [])].flatMap(({ offsets }) => offsets.map(({ to }) => to))
    next = Math.max(next, state?.low ?? 0, state?.settled.ranges.at(-1)?.to ?? 0, ...ends)
  }
  return { id, settled, next }
}
