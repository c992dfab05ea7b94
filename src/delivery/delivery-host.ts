/**
 * The main thread's side of delivery: shares the partitions out to workers, tells them of commits, and passes on
 * what they settled. A worker that dies is replaced; its partitions are opened again as after a crash.
 */

import type { DataKey } from '../log/data-keys.ts'
import type { EmbeddedLog, LogListener } from '../log/embedded-log.ts'
import type { OwnSegment } from '../log/partition-index.ts'
import { RunTable } from '../log/run-table.ts'
import type { DeliveryEvent } from '../observability/events.ts'
import type { Clock, Timer } from '../platform.ts'
import type { PartitionId } from '../record.ts'
import type { DeliverySettings } from '../streams/delivery-stream.ts'
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts'
import type { StartWorker, WorkerHandle } from './worker-handle.ts'

/** Commits are passed on together: a message costs the main thread more than a short wait costs the delivery. */
const COMMITS_MS = 1
const RESTART_MS = 1000

type WithoutRequest<T> = T extends { request: number } ? Omit<T, 'request'> : never

interface OpenPartition {
  settings: DeliverySettings
  readonly start: number
}

interface Share {
  readonly settings: WorkerSettings
  /** Absent until the first partition, and while a dead worker is being replaced. */
  handle: WorkerHandle | undefined
  isRestarting: boolean
  readonly partitions: Map<PartitionId, OpenPartition>
  commits: RunTable
  readonly requests: Map<number, { resolve: () => void; reject: (error: Error) => void }>
}

export interface DeliveryHostOptions {
  readonly clock: Clock
  readonly log: EmbeddedLog
  readonly workers: readonly WorkerSettings[]
  readonly startWorker: StartWorker
  readonly events: (events: readonly DeliveryEvent[]) => void
  readonly died: (error: Error) => void
}

export class DeliveryHost implements LogListener {
  readonly #options: DeliveryHostOptions
  readonly #shares: readonly Share[]
  readonly #segments = new Map<number, string>()
  readonly #keys = new Map<number, DataKey>()
  #lastRequest = 0
  #commitTimer: Timer | undefined
  #isStopping = false

  constructor(options: DeliveryHostOptions) {
    this.#options = options
    this.#shares = options.workers.map((settings) => ({
      settings,
      handle: undefined,
      isRestarting: false,
      partitions: new Map(),
      commits: new RunTable(),
      requests: new Map(),
    }))
  }

  /** @param start  offset at which lanes begin that have no journal yet */
  async open(partition: PartitionId, settings: DeliverySettings, start: number): Promise<void> {
    const share = this.#shareOf(partition)
    share.partitions.set(partition, { settings, start })
    // The next worker is given all partitions of the share, this one with them.
    if (share.isRestarting) return
    if (share.handle === undefined) this.#start(share)
    await this.#openOn(share, partition)
  }

  async update(partition: PartitionId, settings: DeliverySettings): Promise<void> {
    const share = this.#shareOf(partition)
    const open = share.partitions.get(partition)
    if (open === undefined) return
    open.settings = settings
    const start = this.#options.log.endOffset(partition)
    await this.#request(share, { type: 'update', partition, settings, start })
  }

  /** Ends deliveries of a deleted stream. Its files are removed by the log after this. */
  async remove(partition: PartitionId): Promise<void> {
    const share = this.#shareOf(partition)
    share.partitions.delete(partition)
    await this.#request(share, { type: 'remove', partition })
  }

  addKey(key: DataKey): void {
    this.#keys.set(key.keyId, key)
    for (const share of this.#shares) share.handle?.post({ type: 'key', keyId: key.keyId, key: key.key })
  }

  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true
    this.#commitTimer?.cancel()
    await Promise.all(
      this.#shares.map(async (share) => {
        if (share.handle === undefined) return
        await this.#request(share, { type: 'stop', graceMs })
        const { handle } = share
        this.#forget(share)
        await handle?.terminate()
      }),
    )
  }

  segmentStarted(epoch: number, path: string): void {
    this.#segments.set(epoch, path)
    for (const share of this.#shares) share.handle?.post({ type: 'segment', epoch, path })
  }

  committed(runs: RunTable): void {
    for (const run of runs) this.#shareOf(run.partition).commits.add(run)
    this.#commitTimer ??= this.#options.clock.after(COMMITS_MS, () => this.#passCommitsOn())
  }

  moved(partition: PartitionId, epoch: number, segments: readonly OwnSegment[]): void {
    this.#passCommitsOn()
    this.#shareOf(partition).handle?.post({ type: 'moved', partition, epoch, segments })
  }

  async segmentEnded(epoch: number): Promise<void> {
    this.#passCommitsOn()
    this.#segments.delete(epoch)
    await Promise.all(this.#shares.map((share) => this.#request(share, { type: 'forget', epoch })))
  }

  #passCommitsOn(): void {
    this.#commitTimer?.cancel()
    this.#commitTimer = undefined
    for (const share of this.#shares) {
      if (share.commits.length === 0) continue
      share.handle?.post({ type: 'committed', rows: share.commits.toArray() })
      share.commits = new RunTable()
    }
  }

  #shareOf(partition: PartitionId): Share {
    return this.#shares[partition % this.#shares.length]!
  }

  #start(share: Share): void {
    const handle = this.#options.startWorker(share.settings, {
      message: (message) => this.#receive(share, message),
      died: (error) => this.#died(share, error),
    })
    share.handle = handle
    for (const [epoch, path] of this.#segments) handle.post({ type: 'segment', epoch, path })
    for (const { keyId, key } of this.#keys.values()) handle.post({ type: 'key', keyId, key })
  }

  async #openOn(share: Share, partition: PartitionId): Promise<void> {
    const open = share.partitions.get(partition)
    if (open === undefined) return
    // What was committed up to here is in the snapshot; what follows is passed on after the message that opens.
    const { own, shared } = this.#options.log.snapshot(partition)
    const { settings, start } = open
    await this.#request(share, { type: 'open', partition, settings, own, shared: shared.toArray(), start })
  }

  #request(share: Share, message: WithoutRequest<ToWorker>): Promise<void> {
    const { handle } = share
    // A worker that is not there has nothing to end or to forget, and is told the rest when it starts.
    if (handle === undefined) return Promise.resolve()
    const request = ++this.#lastRequest
    return new Promise((resolve, reject) => {
      share.requests.set(request, { resolve, reject })
      handle.post({ ...message, request } as ToWorker)
    })
  }

  #receive(share: Share, message: FromWorker): void {
    switch (message.type) {
      case 'done': {
        const waiting = share.requests.get(message.request)
        share.requests.delete(message.request)
        if (message.error === undefined) waiting?.resolve()
        else waiting?.reject(new Error(message.error))
        return
      }
      case 'checkpoints':
        for (const [partition, offset] of message.pairs) void this.#options.log.checkpoint(partition, offset)
        return
      case 'events':
        this.#options.events(message.events)
        return
    }
  }

  /** The worker is gone: nobody answers what it was asked. */
  #forget(share: Share): void {
    share.handle = undefined
    for (const waiting of share.requests.values()) waiting.resolve()
    share.requests.clear()
  }

  #died(share: Share, error: Error): void {
    this.#forget(share)
    if (this.#isStopping) return
    this.#options.died(error)
    share.isRestarting = true
    this.#options.clock.after(RESTART_MS, () => {
      share.isRestarting = false
      if (this.#isStopping) return
      this.#start(share)
      for (const partition of share.partitions.keys()) {
        this.#openOn(share, partition).catch((problem: unknown) => this.#options.died(problem as Error))
      }
    })
  }
}
