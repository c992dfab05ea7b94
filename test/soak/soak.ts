/**
 * The soak: the real server under load, killed with SIGKILL at random moments and started again. In the end every
 * acknowledged record must be in the objects once, and every other at most once.
 */

import { setTimeout as wait } from 'node:timers/promises'
import { FirehoseCalls } from '../support/firehose-call.ts'
import { HydrantProcess } from '../support/hydrant-process.ts'
import { listObjects } from '../support/objects.ts'
import { SeededChance } from '../support/seeded-chance.ts'
import { type Ledger, Tally, type Verdict } from './ledger.ts'
import { countRecords } from './numbered-records.ts'
import { type ProducerCounts, produce } from './producer.ts'
import { createSoakStreams, type SoakStream } from './soak-streams.ts'

/** How long the server lives between two kills. */
const LIFE_MS = { from: 50, to: 2500 }
/** Of kills that hit the server while it starts. */
const EARLY_SHARE = 0.15
const EARLY_MS = { from: 10, to: 300 }
/** No object more for so long: what is missing will not come. */
const PATIENCE_MS = 90_000
const LOOK_MS = 500
/** What comes later than this would be a duplicate that nobody sees. */
const AFTERMATH_MS = 5000

export interface SoakOptions {
  readonly kills: number
  readonly seed: number
  readonly producers: number
  /** All producers together. */
  readonly recordsPerSecond: number
  /** Where objects lie: `HYDRANT_*` settings of the server, and the folder in which its buckets can be read. */
  readonly settings: Readonly<Record<string, string>>
  readonly bucketsPath?: string
  readonly say: (text: string) => void
}

export interface SoakResult extends Omit<Verdict, 'examples'> {
  readonly kills: number
  readonly puts: number
  readonly unanswered: number
  readonly objects: number
  readonly seconds: number
  /** What is wrong, with the numbers to look for. */
  readonly problems: readonly string[]
}

export async function soak(options: SoakOptions): Promise<SoakResult> {
  const startedMs = performance.now()
  const chance = new SeededChance(options.seed)
  const server = await HydrantProcess.start({
    settings: {
      LOG_LEVEL: 'warn',
      // Small, so that segments are used again and records move to files of their own within seconds.
      LOG_SEGMENT_SIZE: '8MiB',
      LOG_SHARED_SIZE: '64MiB',
      ...options.settings,
    },
  })
  const calls = new FirehoseCalls(server.url)
  try {
    const streams = await createSoakStreams(calls)
    const counts = await killUnderLoad(server, calls, streams, chance, options)
    const bucketsPath = options.bucketsPath ?? server.bucketsPath
    await allDelivered(bucketsPath, streams, options.say)
    await wait(AFTERMATH_MS)
    await server.stop()
    const { objects, verdicts } = judge(bucketsPath, streams)
    const problems = verdicts.flatMap(({ name, examples }) =>
      examples.map((example) => `${name}: ${example}`),
    )
    if (problems.length > 0) {
      options.say(`data kept in ${server.dataDirectory}`)
    } else {
      await server.remove()
    }
    const total = (of: 'acknowledged' | 'lost' | 'duplicated' | 'invented') =>
      verdicts.reduce((sum, verdict) => sum + verdict[of], 0)
    return {
      kills: options.kills,
      puts: sum(counts, 'puts'),
      unanswered: sum(counts, 'unanswered'),
      objects,
      acknowledged: total('acknowledged'),
      lost: total('lost'),
      duplicated: total('duplicated'),
      invented: total('invented'),
      seconds: (performance.now() - startedMs) / 1000,
      problems,
    }
  } finally {
    calls.close()
    await server.kill()
  }
}

async function killUnderLoad(
  server: HydrantProcess,
  calls: FirehoseCalls,
  streams: readonly SoakStream[],
  chance: SeededChance,
  { kills, producers, recordsPerSecond, seed, say }: SoakOptions,
): Promise<readonly ProducerCounts[]> {
  const end = new AbortController()
  const producing = Array.from({ length: producers }, (_, i) =>
    produce(calls, streams, new SeededChance(seed + i + 1), {
      recordsPerSecond: recordsPerSecond / producers,
      signal: end.signal,
    }),
  )
  try {
    for (let kill = 1; kill <= kills; kill++) {
      await wait(chance.whole(LIFE_MS.from, LIFE_MS.to))
      await server.kill()
      while (chance.fraction() < EARLY_SHARE) {
        server.spawnAgain()
        await wait(chance.whole(EARLY_MS.from, EARLY_MS.to))
        await server.kill()
      }
      await server.restart()
      if (kill % 10 === 0) say(`${kill} kills, ${acknowledgedOf(streams)} records acknowledged`)
    }
  } finally {
    end.abort()
  }
  return Promise.all(producing)
}

/** Where each bucket's records come from. */
function bucketsOf(streams: readonly SoakStream[]): { name: string; bucket: string; ledger: Ledger }[] {
  return streams.flatMap(({ name, ledger, bucket, backupBucket }) => [
    { name, bucket, ledger },
    ...(backupBucket === undefined
      ? []
      : [{ name: `${name} (source backup)`, bucket: backupBucket, ledger }]),
  ])
}

/** Waits until each bucket holds as many different records as were acknowledged, or nothing new arrives. */
async function allDelivered(
  bucketsPath: string,
  streams: readonly SoakStream[],
  say: (text: string) => void,
): Promise<void> {
  const buckets = bucketsOf(streams).map((bucket) => ({
    ...bucket,
    tally: new Tally(),
    read: new Set<string>(),
  }))
  for (
    let quietSinceMs = performance.now();
    performance.now() - quietSinceMs < PATIENCE_MS;
    await wait(LOOK_MS)
  ) {
    for (const { bucket, tally, read } of buckets) {
      for (const object of listObjects(bucketsPath, bucket)) {
        if (read.has(object.key)) continue
        read.add(object.key)
        countRecords(object, tally)
        quietSinceMs = performance.now()
      }
    }
    if (buckets.every(({ ledger, tally }) => ledger.judge(tally).lost === 0)) return
  }
  say('records are missing, and nothing more arrives')
}

function judge(bucketsPath: string, streams: readonly SoakStream[]) {
  let objects = 0
  const verdicts = bucketsOf(streams).map(({ name, bucket, ledger }) => {
    const tally = new Tally()
    for (const object of listObjects(bucketsPath, bucket)) {
      objects++
      countRecords(object, tally)
    }
    return { name, ...ledger.judge(tally) }
  })
  return { objects, verdicts }
}

function acknowledgedOf(streams: readonly SoakStream[]): number {
  return streams.reduce((total, { ledger }) => total + ledger.acknowledged, 0)
}

function sum(counts: readonly ProducerCounts[], of: keyof ProducerCounts): number {
  return counts.reduce((total, count) => total + count[of], 0)
}
