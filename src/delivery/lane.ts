/**
 * The delivery loop of one lane: a partition's records on their way to the destination, or to the source backup.
 *
 * read → buffer → seal → deliver → settle
 *
 * Invariants
 * 1. Every offset at or above the journal's low-water offset is in exactly one place: unread, in the open buffer,
 *    or in one batch that is being sent.
 * 2. A batch is journaled before it is tried, and settled only when the destination has it.
 * 3. A buffer is sealed at its size, or at its age once the log holds no more records for it.
 */

import type { Destination } from '../destinations/destination.ts'
import type { PartitionIndex } from '../log/partition-index.ts'
import { KeyMissingError, type PartitionReader } from '../log/partition-reader.ts'
import type { DeliveryEvent, Lane as LaneName } from '../observability/events.ts'
import type { Platform } from '../platform.ts'
import type { Offset, RecordBatch } from '../record.ts'
import type { Buffering, DeliverySettings } from '../streams/delivery-stream.ts'
import { failure } from './failure.ts'
import { GrowingBody, type Spool } from './growing-body.ts'
import type { Journal } from './journal.ts'
import type { Intent } from './journal-format.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { OffsetSet } from './offset-set.ts'
import { OpenBuffer } from './open-buffer.ts'
import { rebuild } from './rebuild.ts'
import { Sending, type SendingContext } from './sending.ts'
import { Wake } from './wake.ts'

/** Full buffers on their way at once. */
const SENDING_MAX = 4
/** Above this many, a buffer that is due by age but not full waits and grows, so that a slow destination gets few large objects. */
const SENDING_MAX_WHEN_DUE = 2
/** How far an open buffer may grow beyond its hint while the destination is behind. */
const GROWTH_MAX = 4
const GROWN_BYTES_MAX = 512 * 1024 * 1024
const READ_RETRY_MS = 5000

export interface LaneEnvironment {
  readonly platform: Platform
  readonly budget: MemoryBudget
  readonly spool: Spool
  /** Makes the destination of a lane from the stream's settings. */
  destination(settings: DeliverySettings, lane: LaneName): Destination
  report(event: DeliveryEvent): void
  readonly failedMsMax: number | undefined
}

export class Lane {
  readonly name: LaneName
  readonly #environment: LaneEnvironment
  readonly #index: PartitionIndex
  readonly #reader: PartitionReader
  readonly #rereader: PartitionReader
  readonly #journal: Journal
  readonly #advanced: () => void
  readonly #wake: Wake
  readonly #abort = new AbortController()
  readonly #sending = new Set<Sending>()
  /** Settled or in batches of an earlier run: read past, and in no buffer. */
  readonly #skip: OffsetSet
  #settings: DeliverySettings
  #destination: Destination
  #open: OpenBuffer | undefined
  /** By the monotonic clock, when the open buffer was begun. */
  #openedAtMs = 0
  #cursor: Offset
  /** Set while reading fails: by the monotonic clock, when to try again. */
  #readAgainAtMs: number | undefined
  #isStopping = false
  #running: Promise<void> | undefined

  /** @param advanced  called when more is settled */
  constructor(options: {
    readonly name: LaneName
    readonly environment: LaneEnvironment
    readonly settings: DeliverySettings
    readonly index: PartitionIndex
    /** Two of them: a batch of an earlier run is read while the loop reads on. */
    readonly readers: readonly [PartitionReader, PartitionReader]
    readonly journal: Journal
    readonly advanced: () => void
  }) {
    this.name = options.name
    this.#environment = options.environment
    this.#settings = options.settings
    this.#index = options.index
    this.#reader = options.readers[0]
    this.#rereader = options.readers[1]
    this.#journal = options.journal
    this.#advanced = options.advanced
    this.#wake = new Wake(options.environment.platform.clock)
    this.#destination = options.environment.destination(options.settings, options.name)
    this.#cursor = options.journal.state.low
    this.#skip = new OffsetSet(options.journal.state.settled.ranges)
  }

  start(): void {
    for (const intent of this.#journal.state.intents.values()) {
      for (const range of intent.offsets) this.#skip.add(range)
      void this.#send(new Sending(this.#sendingContext(), intent))
    }
    this.#running = this.#run()
  }

  /** All below is settled. */
  get low(): Offset {
    return this.#journal.state.low
  }

  /** Arrival of the oldest record that was read and has not arrived; undefined when there is none. */
  get oldestMs(): number | undefined {
    let oldest = this.#open?.oldestMs
    for (const { oldestMs } of this.#sending) if (oldestMs < (oldest ?? Infinity)) oldest = oldestMs
    return oldest
  }

  /** There are more records in the log. */
  notify(): void {
    this.#wake.notify()
  }

  /** What is sealed from now on goes by these settings, and what is being retried is tried by them at once. */
  update(settings: DeliverySettings): void {
    const before = this.#destination
    this.#settings = settings
    this.#destination = this.#environment.destination(settings, this.name)
    if (this.#open !== undefined && this.#open.encoding !== this.#destination.encoding) this.#reopen()
    for (const sending of this.#sending) sending.retryNow()
    void before.close()
    this.#wake.notify()
  }

  /** Takes nothing new; resolves when what is sealed has arrived, or after `graceMs`. The rest stays in the log. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true
    this.#wake.notify()
    if (graceMs === 0) this.#abort.abort()
    const timer = this.#environment.platform.clock.after(graceMs, () => this.#abort.abort())
    await this.#running
    // A destination that fails now will fail until the end of the grace period.
    while (this.#sending.size > 0 && !this.#abort.signal.aborted) {
      if ([...this.#sending].every((sending) => sending.isFailing)) this.#abort.abort()
      else await this.#wake.sleep()
    }
    timer.cancel()
    this.#abort.abort()
    while (this.#sending.size > 0) await this.#wake.sleep()
    await this.#open?.body.dispose()
    await this.#journal.close()
    await this.#destination.close()
  }

  get #buffering(): Buffering {
    return this.#laneSettings.buffering
  }

  get #laneSettings() {
    const { primary, backup } = this.#settings
    return this.name === 'backup' ? (backup ?? primary) : primary
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      if (this.#open !== undefined && this.#isDue(this.#open)) {
        this.#seal()
        continue
      }
      if (this.#mayRead() && (await this.#read())) continue
      await this.#wake.sleep(Math.min(this.#untilDueMs(), this.#readWaitMs || Infinity))
    }
  }

  /** True when there may be more to do at once. */
  async #read(): Promise<boolean> {
    const before = this.#cursor
    try {
      await this.#environment.budget.fill(() => this.#readOn())
      return this.#cursor !== before
    } catch (error) {
      this.#readFailed(error)
      return false
    }
  }

  async #readOn(): Promise<void> {
    if (this.#isStopping) return
    this.#readAgainAtMs = undefined
    const before = this.#cursor
    const end = this.#index.endOffset
    const found = await this.#reader.read(before, (batches) => {
      // An update rewinds the cursor while this read is under way: what it brings is not what follows.
      if (this.#cursor === before) for (const batch of batches) if (!this.#take(batch)) return
    })
    // Nothing up to the end that was there before can be read: all of it is damaged.
    if (!found && this.#cursor === before && before < end) this.#skipGap(end)
  }

  #readFailed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    const code = error instanceof KeyMissingError ? 'Firehose.KMS.NotFoundException' : 'InternalError'
    this.#reportFailure(code, message, 1)
    this.#readAgainAtMs = this.#environment.platform.clock.monotonic() + READ_RETRY_MS
  }

  #mayRead(): boolean {
    if (this.#isCaughtUp || this.#readWaitMs > 0) return false
    // The batch that arrives makes room and goes on with this.
    if (this.#sending.size > 0 && this.#environment.budget.isTight) return false
    if (this.#open === undefined) return !this.#isFailing || this.#sending.size < SENDING_MAX
    if (this.#open.bytes < this.#buffering.sizeBytes) return true
    return !this.#isFailing && this.#open.bytes < this.#growthBytesMax
  }

  get #isCaughtUp(): boolean {
    return this.#index.find(this.#cursor) === undefined
  }

  /** How long reading waits after it failed; 0 when it need not. */
  get #readWaitMs(): number {
    if (this.#readAgainAtMs === undefined) return 0
    return Math.max(0, this.#readAgainAtMs - this.#environment.platform.clock.monotonic())
  }

  get #isFailing(): boolean {
    for (const sending of this.#sending) if (sending.isFailing) return true
    return false
  }

  get #growthBytesMax(): number {
    const { sizeBytes } = this.#buffering
    return Math.max(sizeBytes, Math.min(sizeBytes * GROWTH_MAX, GROWN_BYTES_MAX))
  }

  #isDue(open: OpenBuffer): boolean {
    if (this.#isFailing) return false
    if (open.bytes >= this.#buffering.sizeBytes) return this.#sending.size < SENDING_MAX
    const mayFill = !this.#isCaughtUp && this.#readAgainAtMs === undefined
    return !mayFill && this.#ageLeftMs(open) <= 0 && this.#sending.size < SENDING_MAX_WHEN_DUE
  }

  /** By either clock: that of the day may have been set back since the record arrived. */
  #ageLeftMs(open: OpenBuffer): number {
    const { clock } = this.#environment.platform
    const ageMs = Math.max(clock.now() - open.oldestMs, clock.monotonic() - this.#openedAtMs)
    return this.#buffering.intervalMs - ageMs
  }

  #untilDueMs(): number {
    if (this.#open === undefined) return Infinity
    const left = this.#ageLeftMs(this.#open)
    // Due already, so it waits for a place: the batch that ends its sending wakes the loop.
    return left > 0 ? left : Infinity
  }

  /** Puts the records of a batch into buffers. False when the open buffer takes no more now. */
  #take(batch: RecordBatch): boolean {
    const end = batch.baseOffset + batch.lengths.length
    if (batch.baseOffset > this.#cursor) this.#skipGap(batch.baseOffset)
    while (this.#cursor < end) {
      const from = this.#skip.isEmpty ? this.#cursor : this.#skip.firstOutside(this.#cursor)
      if (from >= end) {
        this.#cursor = end
        break
      }
      const to = this.#skip.isEmpty ? end : Math.min(end, this.#skip.firstInside(from))
      if (this.#open !== undefined && this.#isDue(this.#open)) this.#seal()
      this.#open ??= this.#newBuffer(from, batch.arrivedAtMs)
      const open: OpenBuffer = this.#open
      const isFull = open.bytes >= this.#buffering.sizeBytes
      const bytesMax = isFull ? this.#growthBytesMax : this.#buffering.sizeBytes
      const next = open.add(batch, from - batch.baseOffset, to - batch.baseOffset, bytesMax)
      this.#cursor = batch.baseOffset + next
      if (this.#cursor === from) return false
    }
    return true
  }

  /** Offsets that no record has: damaged, or of a group that failed and was never acknowledged. */
  #skipGap(to: Offset): void {
    for (let from = this.#skip.firstOutside(this.#cursor); from < to; ) {
      const end = Math.min(to, this.#skip.firstInside(from))
      void this.#journal.skip({ from, to: end }).catch((error: unknown) => this.#journalFailed(error))
      from = this.#skip.firstOutside(end)
    }
    this.#cursor = to
    this.#advanced()
  }

  #newBuffer(firstOffset: Offset, oldestMs: number): OpenBuffer {
    const { encoding } = this.#destination
    this.#openedAtMs = this.#environment.platform.clock.monotonic()
    return new OpenBuffer(this.#newBody(encoding), encoding, firstOffset, oldestMs)
  }

  #newBody(encoding: string): GrowingBody {
    const { budget, spool } = this.#environment
    return new GrowingBody(this.#destination.newEncoder(encoding), budget, spool)
  }

  /** The encoding changed: what is buffered is read again from the log. */
  #reopen(): void {
    this.#cursor = this.#open!.firstOffset
    void this.#open!.body.dispose()
    this.#open = undefined
  }

  #seal(): void {
    const open = this.#open!
    this.#open = undefined
    open.body.end()
    const { encoding, oldestMs, offsets } = open
    const id = this.#environment.platform.chance.uuid()
    const intent: Intent = { id, ...this.#destination.locate(oldestMs), encoding, oldestMs, offsets }
    void this.#send(new Sending(this.#sendingContext(), intent, open))
  }

  async #send(sending: Sending): Promise<void> {
    this.#sending.add(sending)
    try {
      await sending.run()
    } finally {
      this.#sending.delete(sending)
      // What the loop has not come past yet is still to be skipped, settled or not.
      this.#skip.dropBelow(Math.min(this.low, this.#cursor))
      this.#advanced()
      this.#wake.notify()
    }
  }

  #sendingContext(): SendingContext {
    const { platform, budget, failedMsMax, report } = this.#environment
    return {
      platform,
      journal: this.#journal,
      signal: this.#abort.signal,
      destination: () => this.#destination,
      rebuild: (intent) =>
        rebuild(intent, {
          reader: this.#rereader,
          budget,
          signal: this.#abort.signal,
          newBody: () => this.#newBody(intent.encoding),
        }),
      arrived: ({ bucket, key, records, bytes, body }, durationMs) => {
        const { streamName } = this.#settings
        const facts = { bucket, key, records, bytes, bodyBytes: body.length, durationMs }
        report({ kind: 'delivered', streamName, lane: this.name, ...facts })
      },
      failed: (error, attempt) => {
        this.#reportFailure(error.code, error.message, attempt)
        this.#wake.notify()
      },
      isExpired: (oldestMs) => failedMsMax !== undefined && platform.clock.now() - oldestMs > failedMsMax,
      expired: (records) =>
        report({ kind: 'expired', streamName: this.#settings.streamName, lane: this.name, records }),
    }
  }

  #journalFailed(error: unknown): void {
    this.#reportFailure('InternalError', error instanceof Error ? error.message : String(error), 1)
  }

  #reportFailure(code: string, message: string, attempt: number): void {
    this.#environment.report(failure(this.#settings, this.name, { code, message }, attempt))
  }
}
