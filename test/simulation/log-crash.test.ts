/**
 * The log against a model, on a disk that loses power: at every single operation, and at random ones with random
 * parts of the unsynced writes surviving. After each crash every acknowledged record that is not settled is there
 * once, byte for byte, in the order of offsets; nothing is there that was never put; no offset is given twice.
 */

import { test } from 'node:test'
import { EmbeddedLog, type LogSettings } from '../../src/log/embedded-log.ts'
import { LogDirectory } from '../../src/log/log-directory.ts'
import { type CrashPolicy, keepsSome, losesAll } from './crash-policy.ts'
import { LogModel, PartitionModel } from './log-model.ts'
import { SeededChance } from './seeded-chance.ts'
import { SimulatedClock, settled } from './simulated-clock.ts'
import { SimulatedDelivery } from './simulated-delivery.ts'
import { CHANGING, CrashError, SimulatedDisk } from './simulated-disk.ts'

const DIRECTORY = new LogDirectory('/data')
/** Small, so that segments fill, move and are used again all the time. */
const SEGMENT_BYTES = [16 * 1024, 64 * 1024] as const
const PARTITIONS_MAX = 6
const FAULTS = ['ENOSPC', 'EIO', 'EROFS'] as const
const ONE_SEED = process.env['HYDRANT_SEED']

/** What ends a life of the server: a power failure, or a signal that leaves the machine up. */
type Ending = CrashPolicy | 'killed'

interface Boot {
  readonly log: EmbeddedLog
  readonly delivery: SimulatedDelivery
}

/** One data directory through several lives of the server. */
class Scenario {
  readonly #chance: SeededChance
  readonly #model = new LogModel()
  readonly #clock = new SimulatedClock()
  readonly #hasFaults: boolean
  readonly #settings: LogSettings
  #disk = new SimulatedDisk(['/data'])
  #reading = new Set<number>()
  #lastPartition = 0
  /** Puts come in bursts, so that some segments are mostly of one partition. */
  #favourite: number | undefined

  constructor(seed: number, hasFaults: boolean) {
    this.#chance = new SeededChance(seed)
    this.#hasFaults = hasFaults
    const segmentBytes = SEGMENT_BYTES[seed % 2]!
    this.#settings = { quotaBytes: 2 ** 30, segmentBytes, sharedBytes: 2 * segmentBytes }
  }

  /** Opens the log, works, and ends at the n-th operation of the disk or before it; returns how many there were. */
  async live(steps: number, endAt: number, ending: Ending): Promise<number> {
    let operations = 0
    this.#disk.beforeOperation = (operation) => {
      if (!CHANGING.has(operation) || ++operations !== endAt) return
      this.#disk.turnOff()
      throw new CrashError()
    }
    // Some reads are so slow that segments move and are used again meanwhile.
    this.#disk.turns = (operation) =>
      operation === 'read' && this.#chance.oneIn(10) ? this.#chance.integer(400) : this.#chance.integer(3)
    try {
      const boot = await this.#open()
      for (let step = 0; step < steps; step++) await this.#step(boot)
    } catch (error) {
      if (!(error instanceof CrashError)) throw error
    }
    // What was under way goes on up to its next operation.
    this.#disk.turnOff()
    await settled()
    this.#raise()
    this.#disk = ending === 'killed' ? this.#disk.kill() : this.#disk.crash(ending)
    return operations
  }

  /** Opens the log and looks at every record in it. */
  async verify(): Promise<void> {
    const { log } = await this.#open()
    await log.close()
    this.#disk = this.#disk.kill()
    await this.#open()
  }

  async #open(): Promise<Boot> {
    const platform = { clock: this.#clock, disk: this.#disk, chance: this.#chance }
    const partitions = [...this.#model.partitions].map(([id, { checkpoints }]) => ({
      id,
      settled: checkpoints[Math.max(0, checkpoints.length - 1 - this.#chance.integer(3))]!,
      next: checkpoints.at(-1)!,
    }))
    const observer = { synced() {}, size() {}, condition() {}, damaged() {} }
    const log = await EmbeddedLog.open(
      { directory: DIRECTORY, platform, settings: this.#settings, keys: noKeys, observer },
      partitions,
    )
    const delivery = new SimulatedDelivery(log, this.#disk, { turns: () => this.#chance.integer(4) })
    this.#reading = new Set()
    for (const { id, settled: from } of partitions) {
      delivery.open(log, id)
      const partition = this.#model.partitions.get(id)!
      const records = await delivery.readAll(id, from)
      // Records below the last checkpoint were delivered: some of them may still be there.
      this.#model.check(id, from, records, true)
      if (!this.#hasFaults) this.#model.adopt(records)
      partition.cursor = partition.settled
    }
    return { log, delivery }
  }

  async #step(boot: Boot): Promise<void> {
    if (this.#chance.oneIn(15)) this.#favourite = this.#anyPartition()
    switch (this.#chance.integer(14)) {
      case 0:
        if (this.#model.partitions.size < PARTITIONS_MAX) this.#addPartition(boot)
        break
      case 1:
        if (this.#chance.oneIn(10)) await this.#removePartition(boot)
        break
      case 2:
      case 3:
        this.#checkpoint(boot)
        break
      case 4:
      case 5:
      case 6:
        void this.#read(boot)
        break
      case 7:
        await settled()
        break
      case 8:
        await this.#clock.advance(300)
        break
      case 9:
        if (this.#hasFaults) this.#injectFault()
        break
      default:
        this.#put(boot)
    }
    for (let turn = this.#chance.integer(12); turn > 0; turn--) await undefined
    this.#raise()
  }

  #addPartition({ log, delivery }: Boot): void {
    const id = ++this.#lastPartition
    const partition = new PartitionModel()
    partition.isStuck = this.#chance.oneIn(3)
    this.#model.partitions.set(id, partition)
    log.addPartition(id)
    delivery.open(log, id)
  }

  async #removePartition({ log, delivery }: Boot): Promise<void> {
    const id = this.#anyPartition()
    if (id === undefined) return
    this.#model.partitions.delete(id)
    delivery.close(id)
    await log.removePartition(id).catch(ignoreFault)
  }

  #put({ log }: Boot): void {
    const id = this.#chance.oneIn(3) ? this.#anyPartition() : (this.#favourite ?? this.#anyPartition())
    if (id === undefined || !this.#model.partitions.has(id)) return
    const sizeMax = this.#settings.segmentBytes / (this.#chance.oneIn(4) ? 10 : 50)
    const sizes = Array.from(
      { length: 1 + this.#chance.integer(4) },
      () => 20 + this.#chance.integer(sizeMax),
    )
    const { number, records } = this.#model.newPut(id, sizes)
    const frame = log.frame(
      records.length,
      records.reduce((sum, { length }) => sum + length, 0),
    )
    let at = frame.dataStart
    for (const [i, record] of records.entries()) {
      frame.setLength(i, record.length)
      at += record.copy(frame.bytes, at)
    }
    log
      .append(id, frame)
      .then((offset) => this.#attempt(() => this.#model.acknowledge(number, offset)), ignoreFault)
  }

  /** One read at a time and partition, as a lane does. */
  async #read({ delivery }: Boot): Promise<void> {
    const id = this.#anyPartition()
    const partition = this.#model.partitions.get(id ?? 0)
    if (id === undefined || partition === undefined || this.#reading.has(id)) return
    this.#reading.add(id)
    const from = partition.cursor
    try {
      const records = await delivery.read(id, from)
      if (records === undefined || !this.#model.partitions.has(id)) return
      this.#attempt(() => this.#model.check(id, from, records, false))
      partition.cursor = records.at(-1)!.offset + 1
    } catch (error) {
      this.#attempt(() => ignoreFault(error))
    } finally {
      this.#reading.delete(id)
    }
  }

  #checkpoint({ log, delivery }: Boot): void {
    const id = this.#anyPartition()
    const partition = this.#model.partitions.get(id ?? 0)
    if (id === undefined || partition === undefined || this.#reading.has(id)) return
    if (partition.isStuck && !this.#chance.oneIn(20)) return
    const open = partition.cursor - partition.settled
    const offset = partition.settled + (this.#chance.oneIn(2) ? open : this.#chance.integer(open + 1))
    partition.checkpoints.push(offset)
    delivery.trim(id, offset)
    void log.checkpoint(id, offset)
  }

  #injectFault(): void {
    const operation = (['write', 'datasync', 'open', 'syncDirectory', 'remove'] as const)[
      this.#chance.integer(5)
    ]!
    const code = FAULTS[this.#chance.integer(FAULTS.length)]!
    this.#disk.inject({ operation, code, skip: this.#chance.integer(3), times: 1 + this.#chance.integer(3) })
  }

  #anyPartition(): number | undefined {
    const ids = [...this.#model.partitions.keys()]
    return ids[this.#chance.integer(ids.length)]
  }

  /** A check that failed in the background fails the next step. */
  #failed: unknown

  #attempt(check: () => void): void {
    try {
      check()
    } catch (error) {
      this.#failed ??= error
    }
  }

  #raise(): void {
    if (this.#failed !== undefined) throw this.#failed
  }
}

const noKeys = { current: () => undefined, find: () => undefined }

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
    const command = `HYDRANT_SEED=${seed} node_modules/.bin/node --test --test-name-pattern='${name}' test/simulation/log-crash.test.ts`
    throw new Error(`Seed ${seed} fails. To run it alone: ${command}`, { cause: error })
  }
}

function seeds(count: number): number[] {
  return ONE_SEED === undefined ? Array.from({ length: count }, (_, i) => i + 1) : [Number(ONE_SEED)]
}

test('a crash at every operation', async () => {
  const name = 'a crash at every operation'
  for (const seed of seeds(3)) {
    const endings: ((at: number) => Ending)[] = [
      () => losesAll,
      () => 'killed',
      (at) => keepsSome(new SeededChance(at)),
    ]
    for (const ending of endings) {
      let operations = Infinity
      for (let at = 1; at <= operations; at++) {
        await underSeed(name, seed, async () => {
          const scenario = new Scenario(seed, false)
          const count = await scenario.live(120, at, ending(at))
          if (count < at) operations = 0
          // A second one while the log is repaired.
          await scenario.live(0, 1 + (at % 12), losesAll)
          await scenario.verify()
        })
      }
    }
  }
})

for (const hasFaults of [false, true]) {
  const name = hasFaults ? 'crashes of a disk that fails as well' : 'crashes at random operations'
  test(name, async () => {
    for (const seed of seeds(150)) {
      await underSeed(name, seed, async () => {
        const scenario = new Scenario(seed, hasFaults)
        const chance = new SeededChance(seed * 7919)
        for (let life = 0; life < 6; life++) {
          const ending = ([losesAll, 'killed', keepsSome(chance)] as const)[chance.integer(3)]!
          const endAt = chance.oneIn(4) ? 1 + chance.integer(10) : 1 + chance.integer(300)
          await scenario.live(chance.integer(250), endAt, ending)
        }
        await scenario.verify()
      })
    }
  })
}
