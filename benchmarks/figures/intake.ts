/** How fast puts are taken: verified, and synced before the answer; beside a bare server and the disk alone. */

import { type Bench, type Figure, median, megabytes, type Row, thousands } from '../figure.ts'
import { CREDENTIALS, createStreams, withHydrant } from '../hydrant.ts'
import { measureDisk, withBareServer } from '../limits.ts'
import { load } from '../load.ts'
import type { LoadResult } from '../load-generator.ts'
import { peakResidentBytes } from '../process-sampler.ts'
import { dataBytes, type Work } from '../work.ts'

const PASSES = 3
/** Large hints: what is measured is intake, while delivery reads along as it always does. */
const LARGE_HINTS = { BufferingHints: { SizeInMBs: 128, IntervalInSeconds: 900 } }
const STREAMS_MANY = 1000
const P99_MS_MAX = 25
const RATIO_MIN = 0.85
const STREAMS_RATIO_MIN = 0.7
const SINGLE_PER_SECOND_MIN = 15_000
const RESIDENT_BYTES_MAX = 400e6

export function workA(bench: Bench): Work {
  return batches(bench, { recordBytes: 500, records: 1_000_000, connections: 8 })
}

function batches(
  { isQuick }: Bench,
  { recordBytes, records, connections }: { recordBytes: number; records: number; connections: number },
): Work {
  return {
    operation: 'PutRecordBatch',
    recordBytes,
    recordsPerCall: 500,
    calls: records / 500 / (isQuick ? 10 : 1),
    connections,
    streams: ['bench'],
    credentials: CREDENTIALS,
    seed: 1,
  }
}

interface Rates {
  /** Calls a second, the middle of the passes. */
  readonly callsPerSecond: number
  readonly p99Ms: number
}

async function measure(url: string, work: Work): Promise<Rates> {
  // Compiles what is hot, and lets the log make its segments.
  await load(url, { ...work, calls: Math.ceil(work.calls / 4) })
  const results: LoadResult[] = []
  for (let pass = 0; pass < PASSES; pass++) results.push(await load(url, work))
  return {
    callsPerSecond: median(results.map(({ seconds }) => work.calls / seconds)),
    p99Ms: median(results.map(({ p99Ms }) => p99Ms)),
  }
}

function diskText(bench: Bench, work: Work): string {
  const frameBytes = work.recordBytes * work.recordsPerCall
  const { bytesPerSecond, syncsPerSecond } = measureDisk(bench.directory, frameBytes, work.connections / 2)
  return `disk alone ${megabytes(bytesPerSecond)}/s, ${syncsPerSecond.toFixed(0)} syncs/s`
}

async function againstBareServer(bench: Bench, name: string, work: Work): Promise<readonly Row[]> {
  const bare = await withBareServer((url) => measure(url, work))
  const { result: ours, peakBytes } = await withHydrant(bench, async (server) => {
    await createStreams(server, work.streams, LARGE_HINTS)
    return peakResidentBytes(server.pid, () => measure(server.url, work))
  })
  const records = (rates: Rates) => rates.callsPerSecond * work.recordsPerCall
  const rate = (rates: Rates) =>
    `${thousands(records(rates))} records, ${megabytes(records(rates) * work.recordBytes)}/s`
  const ratio = ours.callsPerSecond / bare.callsPerSecond
  bench.say(`  ${diskText(bench, work)}`)
  return [
    {
      figure: `${name}: ${work.recordBytes} B records`,
      ours: rate(ours),
      limit: `bare ${rate(bare)}`,
      ratio,
      target: `≥ ${RATIO_MIN} of bare`,
      isMet: ratio >= RATIO_MIN,
    },
    {
      figure: `${name}: p99 of a call`,
      ours: `${ours.p99Ms.toFixed(1)} ms`,
      limit: `bare ${bare.p99Ms.toFixed(1)} ms`,
      target: name === 'A' ? `< ${P99_MS_MAX} ms` : '',
      ...(name === 'A' ? { isMet: ours.p99Ms < P99_MS_MAX } : {}),
    },
    {
      figure: `${name}: RSS`,
      ours: megabytes(peakBytes),
      limit: '',
      target: name === 'A' ? `< ${megabytes(RESIDENT_BYTES_MAX)}` : '',
      ...(name === 'A' ? { isMet: peakBytes < RESIDENT_BYTES_MAX } : {}),
    },
  ]
}

export const figureA: Figure = {
  name: 'a',
  run: (bench) => againstBareServer(bench, 'A', workA(bench)),
}

export const figureB: Figure = {
  name: 'b',
  run: (bench) =>
    againstBareServer(bench, 'B', batches(bench, { recordBytes: 5000, records: 100_000, connections: 8 })),
}

export const singlePuts: Figure = {
  name: 'single',
  run: async (bench) => {
    const work: Work = {
      ...workA(bench),
      operation: 'PutRecord',
      recordBytes: 1000,
      recordsPerCall: 1,
      calls: bench.isQuick ? 6000 : 60_000,
      connections: 64,
    }
    const bare = await withBareServer((url) => measure(url, work))
    const ours = await withHydrant(bench, async (server) => {
      await createStreams(server, work.streams, LARGE_HINTS)
      return measure(server.url, work)
    })
    return [
      {
        figure: 'PutRecord, 64 connections, 1 KB',
        ours: `${thousands(ours.callsPerSecond)}, p99 ${ours.p99Ms.toFixed(1)} ms`,
        limit: `bare ${thousands(bare.callsPerSecond)}`,
        ratio: ours.callsPerSecond / bare.callsPerSecond,
        target: `≥ ${thousands(SINGLE_PER_SECOND_MIN)}`,
        isMet: ours.callsPerSecond >= SINGLE_PER_SECOND_MIN,
      },
    ]
  },
}

export const manyStreams: Figure = {
  name: 'streams',
  run: async (bench) => {
    const one = { ...workA(bench), calls: workA(bench).calls }
    const streams = Array.from({ length: STREAMS_MANY }, (_, i) => `bench-${i}`)
    const many = { ...one, streams }
    const rateOf = (work: Work) =>
      withHydrant(bench, async (server) => {
        await createStreams(server, work.streams, LARGE_HINTS)
        return measure(server.url, work)
      })
    const oneRate = await rateOf(one)
    const manyRate = await rateOf(many)
    const ratio = manyRate.callsPerSecond / oneRate.callsPerSecond
    const text = ({ callsPerSecond }: Rates) =>
      `${megabytes((callsPerSecond * dataBytes(one)) / one.calls)}/s`
    return [
      {
        figure: `A over ${STREAMS_MANY} delivery streams`,
        ours: text(manyRate),
        limit: `one delivery stream ${text(oneRate)}`,
        ratio,
        target: `≥ ${STREAMS_RATIO_MIN} of one`,
        isMet: ratio >= STREAMS_RATIO_MIN,
      },
    ]
  },
}
