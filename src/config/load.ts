/** Makes a `Config` from flags, variables and the file; everything that is wrong with them is said at once. */

import assert from 'node:assert/strict'
import { dirname, join, resolve } from 'node:path'
import { errorCode } from '../errors.ts'
import { type Block, type FileContext, readBlock } from './block.ts'
import { readCallers, singleCaller } from './callers.ts'
import type { Caller, Config } from './config.ts'
import { parseConfigFile } from './config-file.ts'
import { readDeclaredStreams } from './declared-streams.ts'
import type { Member } from './located.ts'
import { isLoopback } from './loopback.ts'
import { readMasterKeys } from './master-keys.ts'
import { objectStoreFrom, readBuckets } from './object-store-settings.ts'
import { Problems } from './problems.ts'
import { reasonOf } from './read-error.ts'
import { References } from './references.ts'
import { SERVER_SETTINGS, SETTINGS, type ValuesOf } from './settings.ts'
import { checkVariables, type Given, givenOutsideFile, type Sources } from './sources.ts'
import { parseValues } from './values.ts'

type ServerValues = ValuesOf<typeof SERVER_SETTINGS>

/** Members of the file that flags and variables cannot hold. */
export const STRUCTURED_SETTINGS = ['callers', 'masterKeys', 'buckets', 'deliveryStreams'] as const

const DEFAULT_FILE = 'hydrant.yaml'

/** @throws {OperatorError} that names every mistake and where it stands */
export function loadConfig(sources: Sources): Config {
  const problems = new Problems()
  const outside = givenOutsideFile(sources)
  const file = readConfigFile(outside.get('config'), sources, problems)
  const given = new Map([...(file?.block?.given ?? []), ...outside])
  const context: FileContext = {
    problems,
    references: file?.references ?? new References(sources.environment),
    directory: file === undefined ? sources.workingDirectory : dirname(file.path),
  }
  const member = (name: (typeof STRUCTURED_SETTINGS)[number]) => file?.block?.structured.get(name)
  const { homeDirectory, readFile } = sources

  const values = parseValues(SERVER_SETTINGS, given, homeDirectory, problems)
  const dataDirectory = values.dataDir ?? defaultDataDirectory(sources)
  const s3 = within('s3.', given)
  const store = { region: values.region, homeDirectory }
  const objectStore = objectStoreFrom(s3, 's3', { ...store, directory: join(dataDirectory, 's3') }, problems)
  const buckets = readBuckets(member('buckets'), s3, store, context)
  const callers = allCallers(values, given, member('callers'), homeDirectory, context)
  const masterKeys = readMasterKeys(member('masterKeys'), readFile, context)
  const deliveryStreams = readDeclaredStreams(member('deliveryStreams'), context)
  const tls = tlsFrom(values, given, sources, problems)

  // Callers that could not be read are told already; nothing is open to anybody then.
  const isOpen = callers.length === 0 && (problems.isEmpty || member('callers') === undefined)
  if (isOpen) checkLoopback(values.listen.host, given.get('listen'), problems)
  checkLogSizes(values, given, problems)
  checkVariables(sources, context.references.names, problems)
  problems.throwIfAny()
  assert(objectStore !== undefined, 'the server has a default place for objects')
  return {
    ...(file === undefined ? {} : { configPath: file.path }),
    listen: values.listen,
    ...(tls === undefined ? {} : { tls }),
    dataDirectory,
    region: values.region,
    accountId: values.accountId,
    objectStore,
    buckets,
    callers,
    masterKeys,
    deliveryStreams,
    logLevel: values.logLevel,
    relaxPatterns: values.relaxPatterns,
    ...groupsFrom(values, sources.cores),
  }
}

function groupsFrom(
  values: ServerValues,
  cores: number,
): Pick<Config, 'log' | 'memory' | 'retention' | 'delivery' | 'quotas'> {
  return {
    log: {
      quotaBytes: values['log.quota'],
      segmentBytes: values['log.segmentSize'],
      sharedBytes: values['log.sharedSize'],
      partitionsPerStream: values['log.partitionsPerStream'],
    },
    memory: { budgetBytes: values['memory.budget'] },
    retention: defined({ failedMs: values['retention.failedHours'] }),
    delivery: {
      // One core is left to the API; more than four threads wait for the disk or the network.
      workers: values['delivery.workers'] ?? Math.min(4, Math.max(1, cores - 1)),
      gzipLevel: values['delivery.gzipLevel'],
      graceMs: values['delivery.grace'],
    },
    quotas: defined({
      recordsPerSecond: values['quotas.recordsPerSecond'],
      requestsPerSecond: values['quotas.requestsPerSecond'],
      bytesPerSecond: values['quotas.bytesPerSecond'],
      controlRequestsPerSecond: values['quotas.controlRequestsPerSecond'],
      deliveryStreams: values['quotas.deliveryStreams'],
    }),
  }
}

/** The object without its undefined members. */
function defined<T extends object>(object: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> }
}

interface ConfigFile {
  readonly path: string
  readonly block: Block | undefined
  readonly references: References
}

function readConfigFile(
  asked: Given | undefined,
  sources: Sources,
  problems: Problems,
): ConfigFile | undefined {
  const name = asked?.text ?? DEFAULT_FILE
  const path = resolve(sources.workingDirectory, name)
  const content = readContent(path, asked, sources, problems)
  if (content === undefined) return undefined
  const references = new References(sources.environment)
  const top = parseConfigFile(name, content.toString('utf8').replace(/^\uFEFF/, ''), problems)
  const context: FileContext = { references, problems, directory: dirname(path) }
  return { path, references, block: top && readBlock(top, SETTINGS, STRUCTURED_SETTINGS, context) }
}

function readContent(
  path: string,
  asked: Given | undefined,
  sources: Sources,
  problems: Problems,
): Buffer | undefined {
  try {
    return sources.readFile(path)
  } catch (error) {
    if (asked === undefined && errorCode(error) === 'ENOENT') return undefined
    problems.add(asked?.where ?? DEFAULT_FILE, `${path} cannot be read: ${reasonOf(error)}`)
    return undefined
  }
}

/** XDG Base Directory Specification: an absolute path, or it does not count. */
function defaultDataDirectory({ environment, homeDirectory }: Sources): string {
  const base = environment['XDG_DATA_HOME']
  return join(base?.startsWith('/') ? base : join(homeDirectory, '.local', 'share'), 'hydrant')
}

/** The settings of one block, by their names within it. */
function within(prefix: string, given: ReadonlyMap<string, Given>): ReadonlyMap<string, Given> {
  const inner = [...given].filter(([path]) => path.startsWith(prefix))
  return new Map(inner.map(([path, text]) => [path.slice(prefix.length), text]))
}

function allCallers(
  values: ServerValues,
  given: ReadonlyMap<string, Given>,
  list: Member | undefined,
  homeDirectory: string,
  context: FileContext,
): readonly Caller[] {
  const id = { given: given.get('accessKeyId'), value: values.accessKeyId }
  const secret = { given: given.get('secretAccessKey'), value: values.secretAccessKey }
  const single = singleCaller(id, secret, values.accountId, context.problems)
  const taken = single === undefined ? [] : [single.accessKeyId]
  const listed = readCallers(list, taken, values.accountId, homeDirectory, context)
  return single === undefined ? listed : [single, ...listed]
}

function tlsFrom(
  values: ServerValues,
  given: ReadonlyMap<string, Given>,
  sources: Sources,
  problems: Problems,
): Config['tls'] {
  const certPath = values['tls.cert']
  const keyPath = values['tls.key']
  for (const [name, path] of [
    ['tls.cert', certPath],
    ['tls.key', keyPath],
  ] as const) {
    if (path === undefined) continue
    try {
      sources.readFile(path)
    } catch (error) {
      problems.add(given.get(name)?.where ?? name, `${path} cannot be read: ${reasonOf(error)}`)
    }
  }
  if (certPath !== undefined && keyPath !== undefined) return { certPath, keyPath }
  const alone = given.get('tls.cert') ?? given.get('tls.key')
  if (alone !== undefined) problems.add(alone.where, 'tls.cert and tls.key must be set together')
  return undefined
}

function checkLoopback(host: string, given: Given | undefined, problems: Problems): void {
  if (isLoopback(host)) return
  problems.add(
    given?.where ?? 'listen',
    'anybody who reaches this address could read and write: set HYDRANT_ACCESS_KEY_ID and ' +
      'HYDRANT_SECRET_ACCESS_KEY (or callers in the file), or listen on 127.0.0.1',
  )
}

function checkLogSizes(values: ServerValues, given: ReadonlyMap<string, Given>, problems: Problems): void {
  if (values['log.sharedSize'] < 2 * values['log.segmentSize']) {
    const where = given.get('log.sharedSize') ?? given.get('log.segmentSize')
    problems.add(where?.where ?? 'log.sharedSize', 'log.sharedSize must be at least twice log.segmentSize')
  }
}
