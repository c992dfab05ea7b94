/** How long after a put its object can be seen, with 0 seconds of buffering under light load. */

import { existsSync, readdirSync, readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { FirehoseClient, PutRecordCommand } from '@aws-sdk/client-firehose'
import type { HydrantProcess } from '../../test/support/hydrant-process.ts'
import type { Figure } from '../figure.ts'
import { CREDENTIALS, createStreams, withHydrant } from '../hydrant.ts'

const PUT_EVERY_MS = 50
const WARM_UP = 20
const P50_MS_MAX = 30
const P99_MS_MAX = 100
const PATIENCE_MS = 10_000
/** An expression, so that all objects lie in one folder, which can be watched. */
const SETTINGS = {
  BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 },
  Prefix: 'all-!{timestamp:G}/',
  ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
}

export const visible: Figure = {
  name: 'visible',
  run: (bench) =>
    withHydrant(bench, async (server) => {
      await createStreams(server, ['bench'], SETTINGS)
      const latencies = await measure(server, bench.isQuick ? 60 : 300)
      const quantile = (share: number) => latencies[Math.floor(latencies.length * share)]!
      const p50 = quantile(0.5)
      const p99 = quantile(0.99)
      return [
        {
          figure: 'put → object visible, 0 s hint',
          ours: `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
          limit: '',
          target: `p50 < ${P50_MS_MAX} ms, p99 < ${P99_MS_MAX} ms`,
          isMet: p50 < P50_MS_MAX && p99 < P99_MS_MAX,
        },
      ]
    }),
}

/** @returns milliseconds from sending each put to its object, ascending */
async function measure(server: HydrantProcess, puts: number): Promise<readonly number[]> {
  const client = new FirehoseClient({ endpoint: server.url, region: 'us-east-1', credentials: CREDENTIALS })
  const sentMs = new Map<string, number>()
  const latencies: number[] = []
  const put = async (id: string) => {
    sentMs.set(id, performance.now())
    const Record = { Data: Buffer.from(`${id}\n`) }
    await client.send(new PutRecordCommand({ DeliveryStreamName: 'bench', Record }))
  }
  await put('first')
  const folder = await folderOf(server)
  const watcher = watch(folder, (_kind, name) => {
    const seenMs = performance.now()
    if (name === null) return
    for (const id of readFileSync(join(folder, name), 'utf8').trimEnd().split('\n')) {
      const putMs = sentMs.get(id)
      if (putMs === undefined) continue
      sentMs.delete(id)
      if (Number(id) >= WARM_UP) latencies.push(seenMs - putMs)
    }
  })
  try {
    for (let id = 0; id < puts + WARM_UP; id++) {
      await put(String(id))
      await wait(PUT_EVERY_MS)
    }
    const deadlineMs = performance.now() + PATIENCE_MS
    while (latencies.length < puts) {
      if (performance.now() > deadlineMs) throw new Error(`Only ${latencies.length} of ${puts} objects came.`)
      await wait(PUT_EVERY_MS)
    }
  } finally {
    watcher.close()
    client.destroy()
  }
  return latencies.sort((a, b) => a - b)
}

async function folderOf({ bucketsPath }: HydrantProcess): Promise<string> {
  const bucket = join(bucketsPath, 'bench')
  for (const deadlineMs = performance.now() + PATIENCE_MS; performance.now() < deadlineMs; await wait(20)) {
    const folder = existsSync(bucket)
      ? readdirSync(bucket).find((name) => name.startsWith('all-'))
      : undefined
    if (folder !== undefined) return join(bucket, folder)
  }
  throw new Error('The first object did not come.')
}
