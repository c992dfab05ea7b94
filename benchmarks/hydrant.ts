/** The server that is measured: a child process with its own data directory and one caller. */

import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { CreateDeliveryStreamCommand, FirehoseClient } from '@aws-sdk/client-firehose'
import { s3Destination } from '../test/support/firehose-call.ts'
import { HydrantProcess } from '../test/support/hydrant-process.ts'
import type { Bench } from './figure.ts'

export const CREDENTIALS = { accessKeyId: 'bench', secretAccessKey: 'bench-secret' }
const POLL_MS = 25
const PATIENCE_MS = 120_000

export function startHydrant(
  dataDirectory: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<HydrantProcess> {
  return HydrantProcess.start({
    dataDirectory,
    settings: {
      ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      LOG_LEVEL: 'error',
      ...settings,
    },
  })
}

/** Runs `action` with a server of its own, and removes what it wrote. */
export async function withHydrant<T>(
  bench: Bench,
  action: (server: HydrantProcess) => Promise<T>,
  settings: Readonly<Record<string, string>> = {},
): Promise<T> {
  const dataDirectory = mkdtempSync(join(bench.directory, 'data-'))
  try {
    const server = await startHydrant(dataDirectory, {
      DELIVERY_GZIP_LEVEL: String(bench.gzipLevel),
      ...settings,
    })
    try {
      return await action(server)
    } finally {
      await server.kill()
    }
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true })
  }
}

/** @param change  of the extended S3 destination */
export async function createStreams(
  server: HydrantProcess,
  names: readonly string[],
  change: object,
): Promise<void> {
  const client = new FirehoseClient({ endpoint: server.url, region: 'us-east-1', credentials: CREDENTIALS })
  for (const name of names) {
    await client.send(
      new CreateDeliveryStreamCommand({
        DeliveryStreamName: name,
        ExtendedS3DestinationConfiguration: s3Destination('bench', change),
      }),
    )
  }
  client.destroy()
}

/** Resolves when so many records of all delivery streams were delivered since the server started. */
export async function delivered(server: HydrantProcess, records: number): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS
  while ((await total(server, 'firehose_delivery_to_s3_records_total')) < records) {
    if (performance.now() > deadlineMs) throw new Error(`Not all of ${records} records were delivered.`)
    await wait(POLL_MS)
  }
}

/** The sum of a metric over its labels. */
export async function total(server: HydrantProcess, metric: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  const values = text.split('\n').filter((line) => line.startsWith(`${metric}{`))
  return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
