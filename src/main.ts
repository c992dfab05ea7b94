/** Wires the parts together and starts them; stops them in reverse. */

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FrontEnd } from './api/front-end.ts'
import { validateInput } from './api/model/validate.ts'
import { controlOperations } from './api/operations/index.ts'
import { Puts } from './api/puts.ts'
import { Quotas } from './api/quotas.ts'
import { RecordIds } from './api/record-id.ts'
import { RequestBodies } from './api/request-body.ts'
import { ApiServer, type Page } from './api/server.ts'
import { SignatureVerifier } from './api/sigv4.ts'
import type { Config } from './config/config.ts'
import { DeliveryHost } from './delivery/delivery-host.ts'
import { readJournal } from './delivery/journal.ts'
import type { WorkerSettings } from './delivery/messages.ts'
import { spoolPath } from './delivery/spool.ts'
import { startWorkerThread } from './delivery/worker-handle.ts'
import { removeLeftovers } from './destinations/s3/directory-object-store.ts'
import type { JsonObject } from './json.ts'
import { EmbeddedLog, type KnownPartition } from './log/embedded-log.ts'
import { FRAME_BYTES_MAX } from './log/frame.ts'
import { LogDirectory } from './log/log-directory.ts'
import { READS_MAX } from './log/read-buffers.ts'
import { nodePlatform } from './node-platform.ts'
import { Health } from './observability/health.ts'
import { Logger } from './observability/logger.ts'
import { Metrics } from './observability/metrics.ts'
import { observeDelivery, observeLog } from './observability/observers.ts'
import type { Platform } from './platform.ts'
import { declareStreams } from './streams/declare.ts'
import type { DeliveryStream } from './streams/delivery-stream.ts'
import { DeliveryStreams } from './streams/delivery-streams.ts'
import { Keyring } from './streams/keyring.ts'
import { StreamStore } from './streams/stream-store.ts'

const SECRET_BYTES = 16
/** Answers under way may take this long of the grace period before their connections are cut. */
const ANSWERS_MS = 5000
/** Kept storage of request bodies and frames. */
const POOLED_BYTES_MAX = 2 * 32 * 1024 * 1024
/** What deliveries let go of and the collector has not freed yet; measured while 128 MiB bodies were built. */
const GARBAGE_BYTES = 64 * 1024 * 1024
const BODIES_BYTES_MIN = 8 * 1024 * 1024

export interface RunningServer {
  readonly url: string
  readonly dataDirectory: string
  stop(): Promise<void>
}

/**
 * Starts a server on a data directory that the caller has locked.
 * @throws {OperatorError} for what the operator can mend; errors of `listen` as they are
 */
export async function startServer(
  config: Config,
  { platform = nodePlatform }: { platform?: Platform } = {},
): Promise<RunningServer> {
  const { clock, chance } = platform
  const { dataDirectory } = config
  const logger = new Logger({ level: config.logLevel, clock })
  const metrics = new Metrics({
    clock,
    quotas: config.quotas,
    streamNames: () => streams.all.map(({ name }) => name),
  })
  const health = new Health(() => log.condition())
  let host: DeliveryHost | undefined

  await removeScratch(config, platform)
  const store = new StreamStore(join(dataDirectory, 'control.sqlite'))
  const keyring = new Keyring({
    store,
    chance,
    masterKeys: config.masterKeys,
    ownedKeyPath: join(dataDirectory, 'master.key'),
    added: (key) => host?.addKey(key),
  })
  const partitionsOf = (stream: DeliveryStream, action: (partition: number) => Promise<void>) =>
    Promise.all(stream.partitions.map(action))
  const failed = (error: unknown) => logger.defect('A defect.', error)

  const streams = new DeliveryStreams({
    store,
    keyring,
    clock,
    region: config.region,
    accountId: config.accountId,
    partitionsPerStream: config.log.partitionsPerStream,
    ...(config.quotas.deliveryStreams === undefined ? {} : { streamsMax: config.quotas.deliveryStreams }),
    hooks: {
      created: (stream) => {
        for (const partition of stream.partitions) log.addPartition(partition)
        partitionsOf(stream, (partition) => deliveries.open(partition, stream.delivery, 0)).catch(failed)
      },
      changed: (stream) => {
        partitionsOf(stream, (partition) => deliveries.update(partition, stream.delivery)).catch(failed)
      },
      deleted: async (stream) => {
        await partitionsOf(stream, async (partition) => {
          await deliveries.remove(partition)
          await log.removePartition(partition)
        })
        metrics.removeStream(stream.name)
        logger.removeStream(stream.name)
      },
      failed,
    },
  })

  const directory = new LogDirectory(dataDirectory)
  const log = await EmbeddedLog.open(
    { directory, platform, settings: config.log, keys: keyring, observer: observeLog(metrics, logger) },
    await knownPartitions(streams.all, directory, platform),
  )
  const deliveries = new DeliveryHost({
    clock,
    log,
    workers: workerSettings(config),
    startWorker: startWorkerThread,
    events: observeDelivery(metrics, logger),
    died: (error) => logger.defect('A delivery worker ended and is started again.', error),
  })
  host = deliveries
  for (const key of keyring.all) deliveries.addKey(key)
  log.listen(deliveries)
  for (const stream of streams.all) {
    if (stream.status !== 'ACTIVE') continue
    partitionsOf(stream, (partition) => deliveries.open(partition, stream.delivery, 0)).catch(failed)
  }

  const validate = (operation: string, input: JsonObject) =>
    validateInput(operation, input, { relaxPatterns: config.relaxPatterns })
  await streams.resume()
  declareStreams(config.deliveryStreams, streams, (request) => validate('CreateDeliveryStream', request))

  const find = (name: string) => streams.find(name)
  const quotas = new Quotas(config.quotas, clock)
  const server = await ApiServer.listen({
    config,
    frontEnd: new FrontEnd({
      clock,
      bodies: new RequestBodies(),
      verifier:
        config.callers.length === 0 ? undefined : new SignatureVerifier(config.callers, config.region),
      operations: controlOperations(streams),
      puts: new Puts({
        log,
        ids: new RecordIds(recordIdSecret(dataDirectory)),
        quotas,
        accountId: config.accountId,
        find,
        encryptionProblem: (stream) => keyring.problem(stream),
        validate,
        throttled: (name, records) => metrics.api.throttled(name, records),
      }),
      quotas,
      validate,
      arnOf: (name) => streams.arnOf(name),
      streamExists: (name) => find(name) !== undefined,
      observer: metrics.api,
      failed,
    }),
    pages: new Map<string, () => Page | Promise<Page>>([
      ['/health', () => health.page()],
      ['/metrics', () => metrics.page()],
    ]),
    failed,
  })
  health.started()
  logger.info('Ready.', { url: server.url, dataDirectory, deliveryStreams: streams.all.length })

  return {
    url: server.url,
    dataDirectory,
    stop: async () => {
      health.stopping()
      await server.stop(ANSWERS_MS)
      await deliveries.stop(config.delivery.graceMs)
      await log.close()
      store.close()
    },
  }
}

/** Spool files and half-written objects of an earlier run are worth nothing: their records are in the log. */
async function removeScratch(config: Config, { disk }: Platform): Promise<void> {
  const spool = spoolPath(config.dataDirectory)
  await disk.remove(spool)
  await disk.makeDirectory(spool)
  for (const store of [config.objectStore, ...config.buckets.values()]) {
    if (store.kind === 'directory') await removeLeftovers(disk, store.path)
  }
}

/** What the journals say of each partition: below what all is settled, and which offsets were given. */
async function knownPartitions(
  streams: readonly DeliveryStream[],
  directory: LogDirectory,
  { disk }: Platform,
): Promise<readonly KnownPartition[]> {
  const partitions = streams.flatMap((stream) =>
    stream.partitions.map((id) => ({
      id,
      lanes: stream.delivery.backup === undefined ? ['primary'] : ['primary', 'backup'],
    })),
  )
  const known: KnownPartition[] = []
  // One at a time: every journal takes a file handle while it is read, and there may be thousands.
  for (const { id, lanes } of partitions) {
    const journals = await Promise.all(lanes.map((lane) => readJournal(disk, directory.journal(id, lane))))
    const states = journals.map((journal) => journal?.state)
    const ends = states.flatMap((state) => [
      state?.low ?? 0,
      ...(state?.settled.ranges ?? []).map(({ to }) => to),
      ...[...(state?.intents.values() ?? [])].flatMap(({ offsets }) => offsets.map(({ to }) => to)),
    ])
    known.push({
      id,
      settled: Math.min(...states.map((state) => state?.low ?? 0)),
      next: Math.max(0, ...ends),
    })
  }
  return known
}

/** The budget is for all buffers: what requests, frames and reads may hold is taken off before bodies share the rest. */
function workerSettings(config: Config): readonly WorkerSettings[] {
  const { workers } = config.delivery
  const bodiesBytes =
    config.memory.budgetBytes - POOLED_BYTES_MAX - GARBAGE_BYTES - workers * READS_MAX * FRAME_BYTES_MAX
  return Array.from({ length: workers }, (_, worker) => ({
    worker,
    dataDirectory: config.dataDirectory,
    objectStore: config.objectStore,
    buckets: [...config.buckets],
    gzipLevel: config.delivery.gzipLevel,
    budgetBytes: Math.max(BODIES_BYTES_MIN, bodiesBytes / workers),
    failedMsMax: config.retention.failedMs,
  }))
}

/** Made once for a data directory, so that ids can be traced for as long as it lives. */
function recordIdSecret(dataDirectory: string): Buffer {
  const path = join(dataDirectory, 'record-id.key')
  if (!existsSync(path)) writeFileSync(path, randomBytes(SECRET_BYTES), { mode: 0o600, flush: true })
  return readFileSync(path)
}
