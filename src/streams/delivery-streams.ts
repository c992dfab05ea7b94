/**
 * All delivery streams of the server: kept in memory, changed by the operations, stored before a change is answered.
 * A new stream is ACTIVE at once; a deleted one is DELETING until its files are gone.
 */

import { ApiError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { Clock } from '../platform.ts'
import type { PartitionId } from '../record.ts'
import type { DeliveryStream, StreamEncryption, StreamStatus } from './delivery-stream.ts'
import { DESTINATION_ID } from './describe.ts'
import type { Keyring } from './keyring.ts'
import { mergeDestination } from './merge.ts'
import type { KeyRequest, NewStream } from './new-stream.ts'
import { checkExtendedBlock, s3Settings } from './s3-block.ts'
import type { StreamStore } from './stream-store.ts'
import { refuseUnsupportedProcessing } from './unsupported.ts'

const ENCRYPTION_CALLS_MAX = 25
const DAY_MS = 24 * 60 * 60 * 1000
const TAGS_MAX = 50

/** What the rest of the server does when streams change. */
export interface StreamHooks {
  created(stream: DeliveryStream): void
  changed(stream: DeliveryStream): void
  /** Resolves when nothing of the stream is left. */
  deleted(stream: DeliveryStream): Promise<void>
  /** A stream could not be deleted: it stays DELETING, and the next start tries again. */
  failed(error: unknown): void
}

export interface DeliveryStreamsOptions {
  readonly store: StreamStore
  readonly keyring: Keyring
  readonly clock: Clock
  readonly region: string
  readonly accountId: string
  readonly partitionsPerStream: number
  /** Emulated quota; absent: none. */
  readonly streamsMax?: number
  readonly hooks: StreamHooks
}

export class DeliveryStreams {
  readonly #options: DeliveryStreamsOptions
  readonly #streams = new Map<string, DeliveryStream>()
  /** Number of the data key in use, by stream. */
  readonly #keyIds = new Map<string, number>()

  constructor(options: DeliveryStreamsOptions) {
    this.#options = options
    for (const definition of options.store.definitions()) {
      const { stream, keyId } = decodeDefinition(definition)
      this.#streams.set(stream.name, stream)
      if (keyId !== undefined) this.#keyIds.set(stream.name, keyId)
      options.keyring.use(stream.partitions, keyId)
    }
  }

  /** In the order of their names. */
  get all(): readonly DeliveryStream[] {
    return [...this.#streams.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  find(name: string): DeliveryStream | undefined {
    return this.#streams.get(name)
  }

  /** @throws {ApiError} ResourceNotFoundException */
  get(name: string): DeliveryStream {
    const stream = this.#streams.get(name)
    if (stream !== undefined) return stream
    throw new ApiError(
      'ResourceNotFoundException',
      `Firehose ${name} under account ${this.#options.accountId} not found.`,
    )
  }

  /** Finishes what was being deleted when the server ended. Call once the hooks work. */
  resume(): void {
    for (const stream of this.all) if (stream.status === 'DELETING') this.#finishDeleting(stream)
  }

  arnOf(name: string): string {
    const { region, accountId } = this.#options
    return `arn:aws:firehose:${region}:${accountId}:deliverystream/${name}`
  }

  create(request: NewStream): DeliveryStream {
    const { store, clock, partitionsPerStream, accountId, keyring, hooks } = this.#options
    const { name } = request
    if (this.#streams.has(name)) {
      throw new ApiError(
        'ResourceInUseException',
        `Firehose ${name} under accountId ${accountId} already exists`,
      )
    }
    this.#checkQuota()
    const { keyId, encryption } = this.#newKey(name, request.encryption)
    const partitions = Array.from({ length: partitionsPerStream }, () => store.next('partition'))
    const stream = assemble({
      name,
      arn: this.arnOf(name),
      status: 'ACTIVE',
      versionId: 1,
      createdAtMs: clock.now(),
      partitions,
      encryption,
      tags: request.tags,
      destination: request.destination,
      ...(request.directPutSource === undefined ? {} : { directPutSource: request.directPutSource }),
    })
    this.#save(stream, keyId)
    keyring.use(partitions, keyId)
    hooks.created(stream)
    return stream
  }

  delete(name: string): void {
    const stream = this.get(name)
    if (stream.status === 'DELETING') return
    const deleting: DeliveryStream = { ...stream, status: 'DELETING' }
    this.#save(deleting, this.#keyIds.get(name))
    this.#finishDeleting(deleting)
  }

  /**
   * @param update  gives the update block, basic or extended; asked for once name, version and destination are right
   * @returns the stream, unchanged when the update changes nothing
   */
  update(name: string, versionId: string, destinationId: string, update: () => JsonObject): DeliveryStream {
    const stream = this.#streams.get(name)
    if (stream === undefined) {
      throw new ApiError(
        'ResourceNotFoundException',
        `Firehose ${name} under accountId ${this.#options.accountId} not found.`,
      )
    }
    if (stream.status !== 'ACTIVE') {
      throw new ApiError(
        'ResourceInUseException',
        `Cannot update firehose: ${name} when it is in ${stream.status} status`,
      )
    }
    if (String(stream.versionId) !== versionId) {
      throw new ApiError(
        'ConcurrentModificationException',
        `Cannot update firehose: ${name} since the current version id: ${stream.versionId} and specified version id: ${versionId} do not match`,
      )
    }
    if (destinationId !== DESTINATION_ID) {
      throw new ApiError('InvalidArgumentException', `Destination Id ${destinationId} not found`)
    }
    return this.applyUpdate(stream, update())
  }

  applyUpdate(stream: DeliveryStream, update: JsonObject): DeliveryStream {
    const destination = mergeDestination(stream.destination, update)
    checkExtendedBlock(destination)
    refuseUnsupportedProcessing(destination)
    if (isSame(destination, stream.destination)) return stream
    const changed = assemble({
      ...stream,
      destination,
      versionId: stream.versionId + 1,
      updatedAtMs: this.#options.clock.now(),
    })
    this.#save(changed, this.#keyIds.get(stream.name))
    this.#options.hooks.changed(changed)
    return changed
  }

  tag(name: string, tags: ReadonlyMap<string, string>): void {
    const stream = this.#notDeleting(name)
    const merged = new Map([...stream.tags, ...tags])
    if (merged.size > TAGS_MAX) {
      throw new ApiError('LimitExceededException', `Firehose ${name} cannot have more than ${TAGS_MAX} tags.`)
    }
    this.#save({ ...stream, tags: merged }, this.#keyIds.get(name))
  }

  untag(name: string, keys: readonly string[]): void {
    const stream = this.#notDeleting(name)
    const tags = new Map(stream.tags)
    for (const key of keys) tags.delete(key)
    this.#save({ ...stream, tags }, this.#keyIds.get(name))
  }

  startEncryption(name: string, request: KeyRequest): void {
    const stream = this.#encryptable(name)
    const { keyId, encryption } = this.#newKey(name, request)
    this.#save({ ...stream, encryption }, keyId)
    this.#options.keyring.use(stream.partitions, keyId)
  }

  stopEncryption(name: string): void {
    const stream = this.#encryptable(name)
    // The key stays beside DISABLED, as AWS shows it.
    this.#save({ ...stream, encryption: { ...stream.encryption, status: 'DISABLED' } }, undefined)
    this.#options.keyring.use(stream.partitions, undefined)
  }

  #encryptable(name: string): DeliveryStream {
    const stream = this.get(name)
    if (stream.status !== 'ACTIVE') {
      throw new ApiError('ResourceInUseException', `Firehose ${name} is in the ${stream.status} state.`)
    }
    const now = this.#options.clock.now()
    const calls = this.#options.store.countEncryptionCall(name, now, now - DAY_MS)
    if (calls > ENCRYPTION_CALLS_MAX) {
      throw new ApiError(
        'LimitExceededException',
        `Encryption of firehose ${name} was started or stopped ${ENCRYPTION_CALLS_MAX} times in 24 hours. Try again later.`,
      )
    }
    return stream
  }

  #newKey(
    name: string,
    request: KeyRequest | undefined,
  ): { readonly keyId: number | undefined; readonly encryption: StreamEncryption } {
    if (request === undefined) return { keyId: undefined, encryption: { status: 'DISABLED' } }
    const { keyId } = this.#options.keyring.create(name, request.keyArn)
    return { keyId, encryption: { status: 'ENABLED', ...request } }
  }

  #notDeleting(name: string): DeliveryStream {
    const stream = this.get(name)
    if (stream.status !== 'DELETING') return stream
    throw new ApiError(
      'ResourceInUseException',
      `Firehose ${name} under account ${this.#options.accountId} is in the DELETING state.`,
    )
  }

  #checkQuota(): void {
    const { streamsMax } = this.#options
    if (streamsMax === undefined || this.#streams.size < streamsMax) return
    const names = this.all.map(({ name }) => name).join(', ')
    throw new ApiError(
      'LimitExceededException',
      `You have already consumed your firehose quota of ${streamsMax} hoses. Firehose names: [${names}]`,
    )
  }

  #save(stream: DeliveryStream, keyId: number | undefined): void {
    this.#options.store.save(stream.name, encodeDefinition(stream, keyId))
    this.#streams.set(stream.name, stream)
    if (keyId === undefined) this.#keyIds.delete(stream.name)
    else this.#keyIds.set(stream.name, keyId)
  }

  #finishDeleting(stream: DeliveryStream): void {
    const { hooks, store, keyring } = this.#options
    keyring.use(stream.partitions, undefined)
    const finished = hooks.deleted(stream).then(() => {
      store.remove(stream.name)
      this.#streams.delete(stream.name)
      this.#keyIds.delete(stream.name)
    })
    finished.catch((error: unknown) => hooks.failed(error))
  }
}

interface Facts {
  readonly name: string
  readonly arn: string
  readonly status: StreamStatus
  readonly versionId: number
  readonly createdAtMs: number
  readonly updatedAtMs?: number
  readonly partitions: readonly PartitionId[]
  readonly encryption: StreamEncryption
  readonly tags: ReadonlyMap<string, string>
  readonly destination: JsonObject
  readonly directPutSource?: JsonObject
}

/** Adds what follows from the facts: the settings of delivery. */
function assemble(facts: Facts): DeliveryStream {
  const { destination } = facts
  const backup = destination['S3BackupConfiguration']
  const isBackedUp = destination['S3BackupMode'] === 'Enabled' && isJsonObject(backup)
  return {
    ...facts,
    type: 'DirectPut',
    delivery: {
      streamName: facts.name,
      streamArn: facts.arn,
      versionId: facts.versionId,
      primary: s3Settings(destination),
      ...(isBackedUp ? { backup: s3Settings(backup) } : {}),
    },
  }
}

function encodeDefinition(stream: DeliveryStream, keyId: number | undefined): JsonObject {
  const { delivery: _derived, tags, partitions, encryption, ...facts } = stream
  return {
    ...facts,
    partitions: [...partitions],
    encryption: { ...encryption },
    tags: Object.fromEntries(tags),
    ...(keyId === undefined ? {} : { keyId }),
  }
}

/** The database holds only what `encodeDefinition` wrote. */
function decodeDefinition(definition: JsonObject): { stream: DeliveryStream; keyId: number | undefined } {
  const { keyId, tags, ...facts } = definition as unknown as Omit<Facts, 'tags'> & {
    readonly keyId?: number
    readonly tags: Readonly<Record<string, string>>
  }
  return { stream: assemble({ ...facts, tags: new Map(Object.entries(tags)) }), keyId }
}

function isSame(a: JsonObject, b: JsonObject): boolean {
  return canonical(a) === canonical(b)
}

function canonical(value: JsonObject[string]): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (!isJsonObject(value)) return JSON.stringify(value ?? null)
  const members = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort()
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`
}
