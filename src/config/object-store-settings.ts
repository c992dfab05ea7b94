/** Where objects go, from the block `s3` and from each entry of `buckets`. */

import { type FileContext, readBlock, readMap } from './block.ts'
import type { ObjectStoreSettings } from './config.ts'
import type { Member } from './located.ts'
import type { Problems } from './problems.ts'
import { OBJECT_STORE_SETTINGS, type ValuesOf } from './settings.ts'
import type { Given } from './sources.ts'
import { parseValues } from './values.ts'

type StoreValues = ValuesOf<typeof OBJECT_STORE_SETTINGS>
type StoreName = keyof StoreValues & string
type Credentials = NonNullable<Extract<ObjectStoreSettings, { kind: 'endpoint' }>['credentials']>

/** What a block that does not name a place, a region or a way of sending falls back on. */
export interface StoreDefaults {
  /** Used when neither directory nor endpoint is given; absent: one of them must be. */
  readonly directory?: string
  readonly region: string
  readonly homeDirectory: string
}

const DIRECTORY_ONLY: readonly StoreName[] = ['createBuckets']
const CREDENTIALS: readonly StoreName[] = ['accessKeyId', 'secretAccessKey', 'sessionToken']
const ENDPOINT_ONLY: readonly StoreName[] = [
  ...CREDENTIALS,
  'region',
  'forcePathStyle',
  'sendAcl',
  'requestChecksums',
  'connectTimeout',
  'requestTimeout',
  'partSize',
]

/** What an entry of `buckets` takes from `s3` where it says nothing itself: how to send, never where or as whom. */
const INHERITED: readonly StoreName[] = [
  'requestChecksums',
  'sendAcl',
  'connectTimeout',
  'requestTimeout',
  'partSize',
]

/**
 * @param given  by name within the block
 * @param where  of the block, for what is missing
 */
export function objectStoreFrom(
  given: ReadonlyMap<string, Given>,
  where: string,
  defaults: StoreDefaults,
  problems: Problems,
): ObjectStoreSettings | undefined {
  checkTogether(given, where, defaults, problems)
  const values = parseValues(OBJECT_STORE_SETTINGS, given, defaults.homeDirectory, problems)
  if (values.endpoint !== undefined) return endpointStore(values, values.endpoint, defaults)
  const path = values.directory ?? defaults.directory
  if (path === undefined) return undefined
  return { kind: 'directory', path, createBuckets: values.createBuckets ?? true }
}

function endpointStore(values: StoreValues, endpoint: string, defaults: StoreDefaults): ObjectStoreSettings {
  const isAws = endpoint === 'aws'
  const credentials = credentialsFrom(values)
  return {
    kind: 'endpoint',
    ...(isAws ? {} : { endpoint }),
    region: values.region ?? defaults.region,
    ...(credentials === undefined ? {} : { credentials }),
    forcePathStyle: values.forcePathStyle ?? !isAws,
    sendAcl: values.sendAcl ?? true,
    requestChecksums: values.requestChecksums ?? 'WHEN_SUPPORTED',
    connectTimeoutMs: values.connectTimeout ?? 5000,
    requestTimeoutMs: values.requestTimeout ?? 60_000,
    partBytes: values.partSize ?? 8 * 2 ** 20,
  }
}

function credentialsFrom({
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: StoreValues): Credentials | undefined {
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
}

/** No setting is accepted and then ignored: what contradicts or lacks its other half is an error. */
function checkTogether(
  given: ReadonlyMap<string, Given>,
  where: string,
  defaults: StoreDefaults,
  problems: Problems,
): void {
  const directory = given.get('directory')
  const endpoint = given.get('endpoint')
  if (directory !== undefined && endpoint !== undefined) {
    problems.add(endpoint.where, `directory (${directory.where}) and endpoint cannot both be set: remove one`)
    return
  }
  if (directory === undefined && endpoint === undefined && defaults.directory === undefined) {
    problems.add(where, 'needs a directory or an endpoint')
  }
  const useless = endpoint === undefined ? ENDPOINT_ONLY : DIRECTORY_ONLY
  const other =
    endpoint === undefined ? 'an endpoint, which is not set' : 'a directory, but an endpoint is set'
  for (const name of useless) {
    const found = given.get(name)
    if (found !== undefined) problems.add(found.where, `${name} belongs to ${other}`)
  }
  if (endpoint !== undefined) checkCredentials(given, problems)
}

function checkCredentials(given: ReadonlyMap<string, Given>, problems: Problems): void {
  const [id, secret, token] = CREDENTIALS.map((name) => given.get(name))
  if (id !== undefined && secret === undefined)
    problems.add(id.where, 'accessKeyId needs secretAccessKey beside it')
  if (id === undefined && secret !== undefined)
    problems.add(secret.where, 'secretAccessKey needs accessKeyId beside it')
  if (token !== undefined && id === undefined)
    problems.add(token.where, 'sessionToken needs accessKeyId beside it')
}

const BLOCK_SETTINGS = new Map(Object.entries(OBJECT_STORE_SETTINGS))

/** `buckets`: each name with its own place. `server`: what the block `s3` says. */
export function readBuckets(
  member: Member | undefined,
  server: ReadonlyMap<string, Given>,
  defaults: Omit<StoreDefaults, 'directory'>,
  context: FileContext,
): ReadonlyMap<string, ObjectStoreSettings> {
  const buckets = new Map<string, ObjectStoreSettings>()
  const block = member === undefined ? undefined : readMap('buckets', member.value, context)
  for (const [bucket, { where, value }] of block?.members ?? []) {
    const settings = readMap(`buckets.${bucket}`, value, context)
    if (settings === undefined) continue
    const { given } = readBlock(settings, BLOCK_SETTINGS, [], context)
    if (given.has('endpoint')) inherit(given, server)
    const store = objectStoreFrom(given, where, defaults, context.problems)
    if (store !== undefined) buckets.set(bucket, store)
  }
  return buckets
}

function inherit(given: Map<string, Given>, server: ReadonlyMap<string, Given>): void {
  for (const name of INHERITED) {
    const found = server.get(name)
    if (found !== undefined && !given.has(name)) given.set(name, found)
  }
}
