/** A server that starts with gigabytes of undelivered records: when it answers, what memory it takes to drain them. */

import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Bench, type Figure, megabytes, type Row } from '../figure.ts'
import { createStreams, delivered, startHydrant } from '../hydrant.ts'
import { measureGzip } from '../limits.ts'
import { load } from '../load.ts'
import { cpuSeconds, peakResidentBytes } from '../process-sampler.ts'
import { dataBytes, type Work } from '../work.ts'
import { workA } from './intake.ts'

const FIRST_ANSWER_SECONDS_MAX = 2
const RESIDENT_BYTES_MAX = 400e6
const STREAM = { BufferingHints: { SizeInMBs: 16, IntervalInSeconds: 1 }, CompressionFormat: 'GZIP' }

export const backlog: Figure = {
  name: 'backlog',
  run: async (bench) => {
    const dataDirectory = mkdtempSync(join(bench.directory, 'data-'))
    try {
      return await measure(bench, dataDirectory)
    } finally {
      rmSync(dataDirectory, { recursive: true, force: true })
    }
  },
}

async function measure(bench: Bench, dataDirectory: string): Promise<readonly Row[]> {
  const a = workA(bench)
  const work: Work = { ...a, calls: Math.ceil(bench.backlogBytes / (a.recordBytes * a.recordsPerCall)) }
  const filling = await fill(dataDirectory, work)
  const startedMs = performance.now()
  const server = await startHydrant(dataDirectory, { DELIVERY_GZIP_LEVEL: String(bench.gzipLevel) })
  const firstAnswerSeconds = (performance.now() - startedMs) / 1000
  try {
    const records = work.calls * work.recordsPerCall
    const { peakBytes } = await peakResidentBytes(server.pid, () => delivered(server, records))
    const bytesPerSecond = dataBytes(work) / ((performance.now() - startedMs) / 1000)
    const gzip = measureGzip(bench.gzipLevel)
    const cpu = cpuSeconds(server.pid) / (dataBytes(work) / 1e9)
    const size = `${(dataBytes(work) / 1e9).toFixed(1)} GB`
    return [
      {
        figure: `opening ${size} undelivered`,
        ours: `ready in ${firstAnswerSeconds.toFixed(2)} s`,
        limit: '',
        target: `< ${FIRST_ANSWER_SECONDS_MAX} s`,
        isMet: firstAnswerSeconds < FIRST_ANSWER_SECONDS_MAX,
      },
      {
        figure: `draining ${size}, GZIP`,
        ours: `${megabytes(bytesPerSecond)}/s, ${cpu.toFixed(1)} CPU s/GB`,
        limit: `gzip ${bench.gzipLevel} alone ${megabytes(gzip.bytesPerSecond)}/s`,
        ratio: bytesPerSecond / gzip.bytesPerSecond,
        target: '',
      },
      {
        figure: `RSS: filling, draining ${size}`,
        ours: `${megabytes(filling)}, ${megabytes(peakBytes)}`,
        limit: '',
        target: `< ${megabytes(RESIDENT_BYTES_MAX)}`,
        isMet: Math.max(filling, peakBytes) < RESIDENT_BYTES_MAX,
      },
    ]
  } finally {
    await server.kill()
  }
}

/** Puts a backlog while the bucket is missing, and kills the server. @returns the most resident memory */
async function fill(dataDirectory: string, work: Work): Promise<number> {
  const server = await startHydrant(dataDirectory, { S3_CREATE_BUCKETS: 'false' })
  try {
    await createStreams(server, work.streams, STREAM)
    const { peakBytes } = await peakResidentBytes(server.pid, () => load(server.url, work))
    return peakBytes
  } finally {
    await server.kill()
  }
}
