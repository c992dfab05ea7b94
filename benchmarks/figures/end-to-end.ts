/** How fast records become GZIP objects while they arrive, and what that costs. */

import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { startVersitygw } from '../../test/support/versitygw.ts'
import { type Bench, type Figure, megabytes, type Row } from '../figure.ts'
import { createStreams, delivered, withHydrant } from '../hydrant.ts'
import { measureGzip } from '../limits.ts'
import { load } from '../load.ts'
import { cpuSeconds, peakResidentBytes } from '../process-sampler.ts'
import { dataBytes } from '../work.ts'
import { workA } from './intake.ts'

const MB_PER_SECOND_MIN = 100
const CPU_SECONDS_PER_GB_MAX = 10
const HINTS = { BufferingHints: { SizeInMBs: 16, IntervalInSeconds: 1 }, CompressionFormat: 'GZIP' }

async function measure(
  bench: Bench,
  store: string,
  settings: Readonly<Record<string, string>>,
): Promise<readonly Row[]> {
  const work = workA(bench)
  const gzip = measureGzip(bench.gzipLevel)
  return withHydrant(
    bench,
    async (server) => {
      await createStreams(server, work.streams, HINTS)
      const warmUp = { ...work, calls: Math.ceil(work.calls / 10) }
      await load(server.url, warmUp)
      await delivered(server, warmUp.calls * work.recordsPerCall)
      let startedMs = 0
      let cpuBefore = 0
      const { peakBytes } = await peakResidentBytes(server.pid, async () => {
        await load(server.url, work, () => {
          startedMs = performance.now()
          cpuBefore = cpuSeconds(server.pid)
        })
        await delivered(server, (warmUp.calls + work.calls) * work.recordsPerCall)
      })
      const seconds = (performance.now() - startedMs) / 1000
      const bytesPerSecond = dataBytes(work) / seconds
      const cpu = (cpuSeconds(server.pid) - cpuBefore) / (dataBytes(work) / 1e9)
      return [
        {
          figure: `end to end, GZIP, ${store}`,
          ours: `${megabytes(bytesPerSecond)}/s`,
          limit: `gzip ${bench.gzipLevel} alone ${megabytes(gzip.bytesPerSecond)}/s (packs ${gzip.ratio.toFixed(1)}×)`,
          ratio: bytesPerSecond / gzip.bytesPerSecond,
          target: `≥ ${MB_PER_SECOND_MIN} MB/s`,
          isMet: bytesPerSecond / 1e6 >= MB_PER_SECOND_MIN,
        },
        {
          figure: `end to end, GZIP, ${store}: CPU`,
          ours: `${cpu.toFixed(1)} s/GB, RSS ${megabytes(peakBytes)}`,
          limit: `gzip alone ${(1e9 / gzip.bytesPerSecond).toFixed(1)} s/GB`,
          target: `≤ ${CPU_SECONDS_PER_GB_MAX} s/GB`,
          isMet: cpu <= CPU_SECONDS_PER_GB_MAX,
        },
      ]
    },
    settings,
  )
}

export const toDirectory: Figure = {
  name: 'directory',
  run: (bench) => measure(bench, 'directory', {}),
}

/** Shares the machine's cores with the S3 server, which takes a good part of them. */
export const toS3: Figure = {
  name: 's3',
  run: async (bench) => {
    const server = await startVersitygw().catch((error: unknown) => {
      bench.say(`  left out: ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}`)
      return undefined
    })
    if (server === undefined) return []
    try {
      await server.client.send(new CreateBucketCommand({ Bucket: 'bench' }))
      const rows = await measure(bench, 'versitygw', {
        S3_ENDPOINT: server.url,
        S3_REGION: server.region,
        S3_ACCESS_KEY_ID: server.credentials.accessKeyId,
        S3_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
      })
      return rows.map(({ isMet: _none, ...row }) => ({ ...row, target: '' }))
    } finally {
      await server.stop()
    }
  },
}
