/**
 * Log and deliveries together against a model: records are put to a few streams while the server is killed or loses
 * power, the disk and the object store fail, and streams are updated. Once faults stop, each acknowledged record is in
 * the store once in each of its lanes, each other at most once, and nothing is there that was never put.
 */

import { test } from 'node:test'
import type { DeliverySettings, S3Settings } from '../../src/streams/delivery-stream.ts'
import { type CrashPolicy, keepsSome, losesAll } from './crash-policy.ts'
import { DeliveryModel } from './delivery-model.ts'
import { DirectoryBuckets, objectsOn } from './directory-buckets.ts'
import { type Call, FakeObjectStore, type Outcome, type StoredObject } from './fake-object-store.ts'
import { SeededChance } from './seeded-chance.ts'
import { SimulatedClock, settled } from './simulated-clock.ts'
import { CHANGING, CrashError, SimulatedDisk } from './simulated-disk.ts'
import { SimulatedPipeline } from './simulated-pipeline.ts'
import { streamSettings } from './stream-settings.ts'

const STREAMS_MAX = 4
const HOUR_MS = 3_600_000
const ONE_SEED = process.env['HYDRANT_SEED']
const SEEDS = 40

type Ending = CrashPolicy | 'killed'

class Scenario {
  readonly #chance: SeededChance
  readonly #model = new DeliveryModel()
  readonly #store = new FakeObjectStore()
  /** Instead of the store: buckets on the same disk as the log. */
  readonly #directory: DirectoryBuckets | undefined
  /** What the control plane holds: survives every crash. */
  readonly #streams = new Map<number, DeliverySettings>()
  /** Those whose source backup is on, and was taken note of. */
  readonly #backedUp = new Set<number>()
  /**
   * A write that is applied after it was given up, and asked about, doubles what went to another bucket meanwhile:
   * nobody can know. So a scenario has such writes, or streams that move.
   */
  readonly #isMoving: boolean
  #disk = new SimulatedDisk(['/data'])
  #clock = new SimulatedClock()
  #lastPartition = 0
  #failure: unknown

  constructor(seed: number, isDirectory: boolean) {
    this.#chance = new SeededChance(seed)
    this.#directory = isDirectory ? new DirectoryBuckets() : undefined
    this.#isMoving = seed % 2 === 0
  }

  /** Opens the pipeline, works, and ends at the n-th change of the disk or after the last step. */
  async live(steps: number, endAt: number, ending: Ending): Promise<void> {
    let operations = 0
    let isOver = false
    this.#disk.beforeOperation = (operation) => {
      if (isOver) throw new CrashError()
      if (!CHANGING.has(operation) || ++operations !== endAt) return
      isOver = true
      throw new CrashError()
    }
    this.#disk.turns = () => (this.#chance.oneIn(30) ? this.#chance.integer(200) : this.#chance.integer(3))
    this.#store.outcome = (call) => this.#outcomeOf(call)
    let pipeline: SimulatedPipeline | undefined
    try {
      pipeline = await this.#open()
      for (let step = 0; step < steps && !isOver; step++) await this.#step(pipeline)
      if (this.#chance.oneIn(3) && !isOver) await this.#stop(pipeline)
    } catch (error) {
      if (!(error instanceof CrashError)) throw error
    }
    await this.#end(pipeline, ending)
  }

  /** Ends all faults, lets time pass, and looks. */
  async verify(): Promise<void> {
    this.#store.outcome = () => 'ok'
    for (const isLast of [false, true]) {
      const pipeline = await this.#open()
      for (const [partition, settings] of this.#streams) await pipeline.update(partition, settings)
      await this.#clock.advance(HOUR_MS)
      for (const apply of this.#store.late) apply()
      await this.#clock.advance(HOUR_MS)
      this.#raise()
      this.#model.check(this.#objects, new Set(this.#streams.keys()), true)
      if (!isLast) await this.#end(pipeline, losesAll)
    }
  }

  #open(): Promise<SimulatedPipeline> {
    const platform = { clock: this.#clock, disk: this.#disk, chance: this.#chance }
    return SimulatedPipeline.open({
      platform,
      buckets: this.#directory ?? this.#store,
      streams: this.#streams,
      budgetBytes: 32 * 1024,
      turns: () => this.#chance.integer(4),
    })
  }

  get #objects(): readonly StoredObject[] {
    return this.#directory === undefined ? this.#store.objects : objectsOn(this.#disk)
  }

  async #stop(pipeline: SimulatedPipeline): Promise<void> {
    const stopping = pipeline.stop(5000)
    stopping.catch(() => undefined)
    await this.#clock.advance(5000)
    if (this.#chance.oneIn(2)) await stopping
  }

  async #end(pipeline: SimulatedPipeline | undefined, ending: Ending): Promise<void> {
    pipeline?.end()
    this.#disk.turnOff()
    await settled()
    for (const apply of this.#store.inFlight) {
      if (this.#chance.oneIn(3)) apply()
      else if (!this.#isMoving && this.#chance.oneIn(2)) this.#store.late.add(apply)
    }
    this.#store.inFlight.clear()
    this.#raise()
    this.#model.check(this.#objects, new Set(), false)
    this.#disk = ending === 'killed' ? this.#disk.kill() : this.#disk.crash(ending)
    // Timers of the life before never act again.
    this.#clock = new SimulatedClock(this.#clock.now() + this.#chance.integer(60_000))
  }

  async #step(pipeline: SimulatedPipeline): Promise<void> {
    switch (this.#chance.integer(16)) {
      case 0:
        if (this.#streams.size < STREAMS_MAX) this.#addStream(pipeline)
        break
      case 1:
        if (this.#chance.oneIn(8)) this.#removeStream(pipeline)
        break
      case 2:
        this.#update(pipeline)
        break
      case 3:
        await this.#clock.advance(this.#chance.integer(3000))
        break
      case 4:
        await this.#clock.advance(this.#chance.oneIn(4) ? this.#chance.integer(400_000) : 300)
        break
      case 5:
        if (this.#chance.oneIn(3)) this.#injectFault()
        break
      case 6:
        this.#applyLate()
        break
      default:
        this.#put(pipeline)
    }
    for (let turn = this.#chance.integer(20); turn > 0; turn--) await undefined
    this.#raise()
  }

  #addStream(pipeline: SimulatedPipeline): void {
    const partition = ++this.#lastPartition
    const hasBackup = this.#chance.oneIn(2)
    this.#streams.set(partition, this.#newSettings(partition, hasBackup))
    pipeline.addStream(partition, this.#streams.get(partition)!)
    if (hasBackup) this.#backedUp.add(partition)
  }

  #removeStream(pipeline: SimulatedPipeline): void {
    const partition = this.#anyPartition()
    if (partition === undefined) return
    this.#streams.delete(partition)
    void this.#attempt(() => pipeline.removeStream(partition))
  }

  #update(pipeline: SimulatedPipeline): void {
    const partition = this.#anyPartition()
    if (partition === undefined) return
    const hasBackup = this.#streams.get(partition)!.backup !== undefined || this.#chance.oneIn(3)
    const settings = this.#newSettings(partition, hasBackup)
    this.#streams.set(partition, settings)
    void this.#attempt(async () => {
      await pipeline.update(partition, settings)
      if (hasBackup) this.#backedUp.add(partition)
    })
  }

  #newSettings(partition: number, hasBackup: boolean): DeliverySettings {
    const block = (lane: string): Partial<S3Settings> => ({
      bucket: this.#isMoving ? `bucket-${this.#chance.integer(3)}` : 'bucket',
      prefix: `${partition}/${lane}/${this.#chance.integer(10)}/`,
      compression: this.#chance.oneIn(2) ? 'GZIP' : 'UNCOMPRESSED',
      buffering: {
        sizeBytes: 500 + this.#chance.integer(this.#chance.oneIn(3) ? 40_000 : 5000),
        intervalMs: this.#chance.oneIn(3) ? 0 : this.#chance.integer(900_000),
      },
    })
    return streamSettings(block('primary'), hasBackup ? block('backup') : undefined, `stream-${partition}`)
  }

  #put(pipeline: SimulatedPipeline): void {
    const partition = this.#anyPartition()
    if (partition === undefined) return
    const sizeMax = this.#chance.oneIn(5) ? 6000 : 400
    const sizes = Array.from(
      { length: 1 + this.#chance.integer(6) },
      () => 20 + this.#chance.integer(sizeMax),
    )
    const { records, acknowledge } = this.#model.newPut(partition, sizes, this.#backedUp.has(partition))
    void this.#attempt(async () => {
      await pipeline.put(partition, records)
      acknowledge()
    })
  }

  #outcomeOf({ operation }: Call): Outcome {
    if (this.#chance.oneIn(2)) return 'ok'
    const isPut = operation === 'put'
    // Where streams move it must be possible to ask about what they leave behind.
    if (!isPut) return this.#isMoving || !this.#chance.oneIn(3) ? 'ok' : 'fail before'
    const outcomes: readonly Outcome[] = ['fail before', 'fail after', 'hang', this.#isMoving ? 'ok' : 'late']
    return this.#chance.oneIn(2) ? outcomes[this.#chance.integer(outcomes.length)]! : 'ok'
  }

  #injectFault(): void {
    const operation = (['write', 'datasync', 'read', 'rename', 'remove'] as const)[this.#chance.integer(5)]!
    const path = (['.journal', '.segment', '/spool/', '/s3/'] as const)[this.#chance.integer(4)]!
    const code = this.#chance.oneIn(2) ? 'EIO' : 'ENOSPC'
    this.#disk.inject({
      operation,
      code,
      path,
      skip: this.#chance.integer(4),
      times: 1 + this.#chance.integer(3),
    })
  }

  #applyLate(): void {
    for (const apply of this.#store.late) {
      if (!this.#chance.oneIn(3)) continue
      this.#store.late.delete(apply)
      apply()
    }
  }

  #anyPartition(): number | undefined {
    const partitions = [...this.#streams.keys()]
    return partitions[this.#chance.integer(partitions.length)]
  }

  /** What fails in the background for another reason than a fault fails the next step. */
  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      try {
        ignoreFault(error)
      } catch (other) {
        this.#failure ??= other
      }
    }
  }

  #raise(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}

function ignoreFault(error: unknown): void {
  const text = String(error)
  if (error instanceof CrashError || text.includes('lost power') || text.includes('simulated')) return
  if (text.includes('was removed') || text.includes('cannot be stored')) return
  throw error
}

/** Names the seed, and how to run it alone. */
async function underSeed(name: string, seed: number, run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    const file = 'test/simulation/delivery-crash.test.ts'
    const command = `HYDRANT_SEED=${seed} node --test --test-name-pattern='${name}' ${file}`
    throw new Error(`Seed ${seed} fails. To run it alone: ${command}`, { cause: error })
  }
}

for (const isDirectory of [false, true]) {
  const name = isDirectory ? 'to a directory on the same disk' : 'to an object store that fails by itself'
  test(`every acknowledged record is delivered once ${name}`, async () => {
    const seeds = ONE_SEED === undefined ? Array.from({ length: SEEDS }, (_, i) => i + 1) : [Number(ONE_SEED)]
    for (const seed of seeds) {
      await underSeed(name, seed, async () => {
        const scenario = new Scenario(seed, isDirectory)
        const chance = new SeededChance(seed * 7919)
        for (let life = 0; life < 5; life++) {
          const ending = ([losesAll, 'killed', keepsSome(chance)] as const)[chance.integer(3)]!
          const endAt = chance.oneIn(4) ? 1 + chance.integer(30) : 1 + chance.integer(1500)
          await scenario.live(chance.integer(400), endAt, ending)
        }
        await scenario.verify()
      })
    }
  })
}
