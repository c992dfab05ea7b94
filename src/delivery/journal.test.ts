import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { type CrashPolicy, keepsAll, keepsSome, losesAll } from '../../test/simulation/crash-policy.ts'
import { SeededChance } from '../../test/simulation/seeded-chance.ts'
import { settled } from '../../test/simulation/simulated-clock.ts'
import { CHANGING, CrashError, SimulatedDisk } from '../../test/simulation/simulated-disk.ts'
import { OperatorError } from '../errors.ts'
import { Journal, readJournal } from './journal.ts'
import { emptyState, encodeState, type Intent } from './journal-format.ts'

const PATH = '/data/7/primary.journal'
const AREA_BYTES = 16 * 1024

function newDisk(): SimulatedDisk {
  return new SimulatedDisk(['/data'])
}

function intentOf(id: string, from: number, to: number): Intent {
  return {
    id,
    bucket: 'bucket',
    key: `2026/${id}.gz`,
    encoding: 'GZIP',
    oldestMs: from,
    offsets: [{ from, to }],
  }
}

/** What a reader finds, in plain values. */
async function read(disk: SimulatedDisk) {
  const stored = await readJournal(disk, PATH)
  assert.ok(stored !== undefined)
  const { low, settled, intents } = stored.state
  return { low, settled: settled.ranges, intents: [...intents.values()] }
}

test('begins at the offset it is given, once', async () => {
  const disk = newDisk()
  assert.equal((await Journal.open(disk, PATH, 5)).state.low, 5)
  assert.equal((await Journal.open(disk, PATH, 9)).state.low, 5)
})

test('is there whole or not at all after a power failure while it is made', async () => {
  for (let at = 1; ; at++) {
    const disk = newDisk()
    let operations = 0
    disk.beforeOperation = () => {
      if (++operations === at) disk.turnOff()
      if (operations >= at) throw new CrashError()
    }
    const isMade = await Journal.open(disk, PATH, 5).then(
      () => true,
      () => false,
    )
    const after = disk.crash(at % 2 === 0 ? losesAll : keepsAll)
    const stored = await readJournal(after, PATH)
    assert.equal(stored?.state.low ?? 5, 5)
    assert.equal((await Journal.open(after, PATH, 5)).state.low, 5)
    if (!isMade) continue
    assert.ok(stored !== undefined, 'an opened journal survives')
    break
  }
})

test('an intent is on stable storage when it is taken', async () => {
  const disk = newDisk()
  const journal = await Journal.open(disk, PATH, 0)
  await journal.intent(intentOf('a', 0, 10))
  await journal.intent(intentOf('b', 10, 20))
  assert.deepEqual(await read(disk.crash(losesAll)), {
    low: 0,
    settled: [],
    intents: [intentOf('a', 0, 10), intentOf('b', 10, 20)],
  })
})

test('settling and skipping are written, and not waited for by a sync', async () => {
  const disk = newDisk()
  const journal = await Journal.open(disk, PATH, 0)
  await journal.intent(intentOf('a', 0, 10))
  const before = disk.count('datasync')
  await journal.settle('a', [{ from: 0, to: 10 }])
  await journal.skip({ from: 12, to: 13 })
  assert.equal(disk.count('datasync'), before)
  const expected = { low: 10, settled: [{ from: 12, to: 13 }], intents: [] }
  assert.deepEqual(await read(disk), expected)
  // The next intent brings them along.
  await journal.intent(intentOf('b', 20, 30))
  assert.deepEqual(await read(disk.crash(losesAll)), { ...expected, intents: [intentOf('b', 20, 30)] })
})

test('intents that come during a sync share the next', async () => {
  const disk = newDisk()
  const journal = await Journal.open(disk, PATH, 0)
  const before = disk.count('datasync')
  await Promise.all(Array.from({ length: 40 }, (_, i) => journal.intent(intentOf(`${i}`, i, i + 1))))
  assert.equal(disk.count('datasync') - before, 2)
})

test('goes on for ever in the room that it has', async () => {
  const disk = newDisk()
  const journal = await Journal.open(disk, PATH, 0)
  for (let i = 0; i < 500; i++) {
    await journal.intent(intentOf(`${i}`, i, i + 1))
    await journal.settle(`${i}`, [{ from: i, to: i + 1 }])
    if (i % 50 === 0) assert.equal((await read(disk)).low, i + 1)
  }
  assert.deepEqual(await read(disk), { low: 500, settled: [], intents: [] })
  assert.equal(disk.contentOf(PATH).length, 2 * AREA_BYTES)
})

test('grows when much is settled out of order, and shrinks in what it says', async () => {
  const disk = newDisk()
  const journal = await Journal.open(disk, PATH, 0)
  for (let i = 0; i < 4000; i++) await journal.skip({ from: 2 * i + 1, to: 2 * i + 2 })
  assert.equal((await read(disk)).settled.length, 4000)
  assert.ok(disk.contentOf(PATH).length > 2 * AREA_BYTES)
  await journal.intent(intentOf('a', 8000, 8001))
  assert.equal((await read(disk.crash(losesAll))).settled.length, 4000)
})

test('a full disk does not stop it: its room is taken beforehand', async () => {
  const disk = newDisk()
  const journal = await Journal.open(disk, PATH, 0)
  disk.capacityBytes = disk.usedBytes
  for (let i = 0; i < 200; i++) {
    await journal.intent(intentOf(`${i}`, i, i + 1))
    await journal.settle(`${i}`, [{ from: i, to: i + 1 }])
  }
  assert.equal((await read(disk)).low, 200)
})

test('a journal that cannot grow on a full disk goes on when there is room', async () => {
  const disk = newDisk()
  const journal = await Journal.open(disk, PATH, 0)
  disk.capacityBytes = disk.usedBytes
  const failures = []
  for (let i = 0; i < 2000; i++) {
    await journal.skip({ from: 2 * i + 1, to: 2 * i + 2 }).catch((error: unknown) => failures.push(error))
  }
  assert.ok(failures.length > 0)
  disk.capacityBytes = Infinity
  await journal.intent(intentOf('a', 8000, 8001))
  const { settled, intents } = await read(disk.crash(losesAll))
  assert.equal(settled.length, 2000)
  assert.deepEqual(intents, [intentOf('a', 8000, 8001)])
})

test('after a failed sync nothing relies on lines that it may have lost', async () => {
  const disk = newDisk()
  const journal = await Journal.open(disk, PATH, 0)
  await journal.intent(intentOf('a', 0, 10))
  await journal.settle('a', [{ from: 0, to: 10 }])
  disk.inject({ operation: 'datasync', code: 'EIO', times: 2 })
  await assert.rejects(journal.intent(intentOf('b', 10, 20)))
  await assert.rejects(journal.intent(intentOf('b', 10, 20)))
  await journal.intent(intentOf('b', 10, 20))
  const { low, intents } = await read(disk.crash(losesAll))
  assert.equal(low, 10)
  assert.deepEqual(intents, [intentOf('b', 10, 20)])
})

test('what was read after a kill survives the power failure that follows, once it is taken again', async () => {
  const disk = newDisk()
  const journal = await Journal.open(disk, PATH, 0)
  // The process ends between write and sync.
  disk.beforeOperation = (operation) => {
    if (operation === 'datasync') throw new CrashError()
  }
  await assert.rejects(journal.intent(intentOf('a', 0, 10)))
  const alive = disk.kill()
  const again = await Journal.open(alive, PATH, 0)
  assert.deepEqual([...again.state.intents.keys()], ['a'])
  await again.intent(intentOf('a', 0, 10))
  assert.deepEqual((await read(alive.crash(losesAll))).intents, [intentOf('a', 0, 10)])
})

test('a line that never counted does not come back to life behind one of the same length', async () => {
  const disk = newDisk()
  const journal = await Journal.open(disk, PATH, 0)
  // One sync takes the first; the others wait for the next, and the power fails in it.
  void journal.intent(intentOf('a', 0, 1)).catch(() => undefined)
  const torn = ['b', 'c'].map((id) => journal.intent(intentOf(id, 1, 2)))
  let syncs = 0
  disk.beforeOperation = (operation) => {
    if (operation === 'datasync' && ++syncs === 2) throw new CrashError()
  }
  await Promise.allSettled(torn)
  // Of the last write the second half survives.
  const half: CrashPolicy = {
    survivors: (bytes) => [{ from: bytes / 2, to: bytes }],
    survives: () => true,
  }
  const after = disk.crash(half)
  const again = await Journal.open(after, PATH, 0)
  assert.deepEqual([...again.state.intents.keys()], ['a'])
  await again.intent(intentOf('d', 1, 2))
  assert.deepEqual([...(await Journal.open(after, PATH, 0)).state.intents.keys()], ['a', 'd'])
})

test('a journal of another version is refused', async () => {
  const disk = newDisk()
  await Journal.open(disk, PATH, 0)
  const file = await disk.open(PATH)
  const first = encodeState(emptyState(0), 1).toString().slice(9).replace('"journal":1', '"journal":9')
  const line = `${crc32(`1${first.trimEnd()}`).toString(16).padStart(8, '0')} ${first}`
  await file.write([Buffer.from(line)], 0)
  await assert.rejects(Journal.open(disk, PATH, 0), OperatorError)
})

/** A journal through several lives, and what must be in it. */
class Scenario {
  readonly #chance: SeededChance
  disk = newDisk()
  #last = 0
  /** Taken, and not asked to be settled. */
  readonly #open = new Map<string, Intent>()
  /** Asked to be settled: may be found open again. */
  readonly #settled = new Map<string, Intent>()
  /** Asked for and not answered, then not found after a crash: may never come back. */
  readonly #dead = new Set<string>()
  #unanswered = new Map<string, Intent>()

  constructor(seed: number) {
    this.#chance = new SeededChance(seed)
  }

  /** Works until the n-th operation that changes something; returns how many there were. */
  async live(
    steps: number,
    endAt: number,
    ending: CrashPolicy | 'killed',
    hasFaults: boolean,
  ): Promise<number> {
    let operations = 0
    this.disk.beforeOperation = (operation) => {
      if (!CHANGING.has(operation) || ++operations !== endAt) return
      this.disk.turnOff()
      throw new CrashError()
    }
    try {
      const journal = await this.open()
      for (let step = 0; step < steps; step++) {
        if (hasFaults && this.#chance.oneIn(15)) this.#injectFault()
        this.#step(journal)
        for (let turns = this.#chance.integer(8); turns > 0; turns--) await undefined
      }
    } catch (error) {
      if (!(error instanceof CrashError) && !String(error).includes('simulated')) throw error
    }
    this.disk.turnOff()
    await settled()
    this.disk = ending === 'killed' ? this.disk.kill() : this.disk.crash(ending)
    return operations
  }

  /** Opens the journal and compares; what is found open is taken again, as a lane does. */
  async open(): Promise<Journal> {
    const journal = await Journal.open(this.disk, PATH, 0)
    const { state } = journal
    for (const [id, intent] of this.#open) assert.deepEqual(state.intents.get(id), intent, `${id} is lost`)
    for (const [id, intent] of this.#settled) {
      const isSettled = intent.offsets.every(
        ({ from, to }) => state.low >= to || state.settled.firstOutside(from) >= to,
      )
      assert.ok(isSettled || state.intents.has(id), `${id} is neither settled nor open`)
    }
    for (const id of state.intents.keys()) assert.ok(!this.#dead.has(id), `${id} came back to life`)
    for (const [id, intent] of this.#unanswered) if (!state.intents.has(id)) this.#dead.add(intent.id)
    this.#unanswered.clear()
    await Promise.all(
      [...state.intents.values()].map(async (intent) => {
        this.#settled.delete(intent.id)
        this.#unanswered.set(intent.id, intent)
        await this.#take(journal, intent)
      }),
    )
    return journal
  }

  #step(journal: Journal): void {
    const ready = [...this.#open.values()]
    if (ready.length > 6 || (ready.length > 0 && this.#chance.oneIn(2))) {
      const intent = ready[this.#chance.integer(ready.length)]!
      this.#open.delete(intent.id)
      this.#settled.set(intent.id, intent)
      journal.settle(intent.id, intent.offsets).catch(() => undefined)
      return
    }
    const from = this.#last
    this.#last += 1 + this.#chance.integer(20)
    // Sometimes so long that the area is soon full, and too small for the state.
    const key = 'k'.repeat(this.#chance.oneIn(3) ? 2500 : 20)
    const intent = { ...intentOf(`${from}`, from, this.#last), key }
    this.#unanswered.set(intent.id, intent)
    this.#take(journal, intent).catch(() => undefined)
  }

  async #take(journal: Journal, intent: Intent): Promise<void> {
    await journal.intent(intent)
    this.#unanswered.delete(intent.id)
    this.#open.set(intent.id, intent)
  }

  #injectFault(): void {
    const operation = (['write', 'datasync', 'rename', 'syncDirectory'] as const)[this.#chance.integer(4)]!
    this.disk.inject({
      operation,
      code: 'EIO',
      skip: this.#chance.integer(2),
      times: 1 + this.#chance.integer(2),
    })
  }
}

test('a crash at every operation loses no intent that was taken, and revives none that was not', async () => {
  const endings: ((at: number) => CrashPolicy | 'killed')[] = [
    () => losesAll,
    () => 'killed',
    (at) => keepsSome(new SeededChance(at)),
  ]
  for (const ending of endings) {
    let operations = Infinity
    for (let at = 1; at <= operations; at++) {
      const scenario = new Scenario(7)
      const count = await scenario.live(60, at, ending(at), false)
      if (count < at) operations = 0
      await scenario.live(10, 1 + (at % 7), losesAll, false)
      await scenario.open()
    }
  }
})

test('crashes and failing writes in any order', async () => {
  for (let seed = 1; seed <= 150; seed++) {
    const scenario = new Scenario(seed)
    const chance = new SeededChance(seed * 7919)
    try {
      for (let life = 0; life < 6; life++) {
        const ending = ([losesAll, 'killed', keepsSome(chance)] as const)[chance.integer(3)]!
        await scenario.live(chance.integer(80), 1 + chance.integer(80), ending, seed % 2 === 0)
      }
      await scenario.open()
    } catch (error) {
      throw new Error(`Seed ${seed} fails.`, { cause: error })
    }
  }
})
