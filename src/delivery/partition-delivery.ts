/** All deliveries of one partition: to the destination and, when there is one, to the source backup. */

import type { LogDirectory } from '../log/log-directory.ts'
import { type OwnSegment, PartitionIndex } from '../log/partition-index.ts'
import { PartitionReader, type ReaderEnvironment } from '../log/partition-reader.ts'
import type { Run } from '../log/run-table.ts'
import type { Lane as LaneName } from '../observability/events.ts'
import type { Offset, PartitionId } from '../record.ts'
import type { DeliverySettings } from '../streams/delivery-stream.ts'
import { failure } from './failure.ts'
import { Journal } from './journal.ts'
import { Lane, type LaneEnvironment } from './lane.ts'

export interface PartitionEnvironment extends LaneEnvironment {
  readonly directory: LogDirectory
  readonly reading: Omit<ReaderEnvironment, 'damaged'>
  /** All of the partition below `offset` is settled by every lane. */
  checkpoint(partition: PartitionId, offset: Offset): void
}

export interface OpenPartition {
  readonly partition: PartitionId
  readonly settings: DeliverySettings
  readonly own: readonly OwnSegment[]
  readonly shared: Iterable<Run>
  /** Where lanes begin that have no journal yet. */
  readonly start: Offset
}

export class PartitionDelivery {
  readonly #environment: PartitionEnvironment
  readonly #index: PartitionIndex
  readonly #lanes = new Map<LaneName, Lane>()
  /** Where lanes begin that are being opened. */
  readonly #opening = new Map<LaneName, Offset>()
  #settings: DeliverySettings
  readonly #start: Offset
  #checkpoint: Offset = 0
  readonly #reportedOldest = new Map<LaneName, number | undefined>()

  /** Takes note of commits from here on; delivers once started. */
  constructor(environment: PartitionEnvironment, options: OpenPartition) {
    this.#environment = environment
    this.#settings = options.settings
    this.#start = options.start
    this.#index = new PartitionIndex(options.partition, options.own, options.shared)
  }

  async start(): Promise<void> {
    for (const name of laneNames(this.#settings)) await this.#openLane(name, this.#start)
    for (const lane of this.#lanes.values()) lane.start()
    this.#advanced()
  }

  get settings(): DeliverySettings {
    return this.#settings
  }

  /** Something is wrong with a journal. */
  reportFailure(message: string): void {
    this.#environment.report(failure(this.#settings, 'primary', { code: 'InternalError', message }, 1))
  }

  /** Lanes whose oldest undelivered record is another one than when this was last called. */
  takeOldestChanges(): { readonly lane: LaneName; readonly oldestMs: number | undefined }[] {
    const changes = []
    for (const [lane, { oldestMs }] of this.#lanes) {
      if (this.#reportedOldest.get(lane) === oldestMs) continue
      this.#reportedOldest.set(lane, oldestMs)
      changes.push({ lane, oldestMs })
    }
    return changes
  }

  committed(run: Run): void {
    this.#index.add(run)
    for (const lane of this.#lanes.values()) lane.notify()
  }

  moved(epoch: number, segments: readonly OwnSegment[]): void {
    this.#index.moved(epoch, segments)
  }

  /** @param start  where a source backup begins that was switched on by this update */
  async update(settings: DeliverySettings, start: Offset): Promise<void> {
    this.#settings = settings
    for (const name of laneNames(settings)) {
      const lane = this.#lanes.get(name)
      if (lane !== undefined) lane.update(settings)
      else (await this.#openLane(name, start)).start()
    }
  }

  async stop(graceMs: number): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.stop(graceMs)))
  }

  /** The stream was deleted: its files are removed after this. */
  async remove(): Promise<void> {
    await this.stop(0)
    for (const { path } of this.#index.trim(Infinity)) this.#environment.reading.files.release(path)
  }

  async #openLane(name: LaneName, start: Offset): Promise<Lane> {
    const { directory, platform } = this.#environment
    const path = directory.journal(this.#index.partition, name)
    // The other lane goes on meanwhile, and must not let go of what this one has not begun with.
    this.#opening.set(name, start)
    const journal = await Journal.open(platform.disk, path, start)
    if (journal.damagedLines > 0) {
      this.reportFailure(
        `${path} is damaged (lines: ${journal.damagedLines}). Records may be delivered twice.`,
      )
    }
    const lane = new Lane({
      name,
      environment: this.#environment,
      settings: this.#settings,
      index: this.#index,
      readers: [this.#newReader(), this.#newReader()],
      journal,
      advanced: () => this.#advanced(),
    })
    this.#lanes.set(name, lane)
    this.#opening.delete(name)
    return lane
  }

  #newReader(): PartitionReader {
    return new PartitionReader(this.#index, {
      ...this.#environment.reading,
      damaged: (path, position) => {
        const { streamName } = this.#settings
        this.#environment.report({ kind: 'damaged', streamName, path, position })
      },
    })
  }

  #advanced(): void {
    let low = Infinity
    for (const start of this.#opening.values()) low = Math.min(low, start)
    for (const lane of this.#lanes.values()) low = Math.min(low, lane.low)
    if (low <= this.#checkpoint || low === Infinity) return
    this.#checkpoint = low
    for (const { path } of this.#index.trim(low)) this.#environment.reading.files.release(path)
    this.#environment.checkpoint(this.#index.partition, low)
  }
}

function laneNames(settings: DeliverySettings): readonly LaneName[] {
  return settings.backup === undefined ? ['primary'] : ['primary', 'backup']
}
