/**
 * All delivery streams of the server: kept in memory, changed by the operations, stored before a change is answered.
 * A new stream is ACTIVE at once; a deleted one is DELETING until its files are gone.
 */

import { isDeepStrictEqual } from 'node:util'
import { ApiError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Clock } from '../platform.ts'
import { assemble, decodeDefinition, encodeDefinition } from './definition.ts'
import type { DeliveryStream, StreamEncryption } from './delivery-stream.ts'
import { DESTINATION_ID } from './describe.ts'
import type { Keyring } from './keyring.ts'
import { mergeDestination } from './merge.ts'
import type { KeyRequest, NewStream } from './new-stream.ts'
import { checkExtendedBlock } from './s3-block.ts'
import type { StreamStore } from './stream-store.ts'
import { refuseUnsupportedProcessing } from './unsupported.ts'

/** @see API reference, StartDeliveryStreamEncryption: "combined limit of 25 calls per delivery stream per 24 hours" */
const ENCRYPTION_CALLS_MAX = 25
const DAY_MS = 24 * 60 * 60 * 1000
const TAGS_MAX = 50

/** What the rest of the server does when streams change. */
export interface StreamHooks {
  created(stream: DeliveryStream): void
  changed(stream: DeliveryStream): void
  /** Resolves when nothing of the stream is left. */
  deleted(stream: DeliveryStream): Promise<void>
  /** A stream could not be deleted: it stays DELETING, and the next call or start tries again. */
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
  /** Deletions under way. */
  readonly #deletions = new Map<string, Promise<void>>()

  constructor(options: DeliveryStreamsOptions) {
    this.#options = options
    for (const definition of options.store.definitions()) {
      const { stream, keyId } = decodeDefinition(definition)
      this.#remember(stream, keyId)
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

  /**
   * Finishes what was being deleted when the server ended; resolves when that is done or has failed. Call once the
   * hooks work.
   */
  async resume(): Promise<void> {
    const deleting = this.all.filter(({ status }) => status === 'DELETING')
    await Promise.all(deleting.map((stream) => this.#finishDeleting(stream)))
  }

  arnOf(name: string): string {
    const { region, accountId } = this.#options
    return `arn:aws:firehose:${region}:${accountId}:deliverystream/${name}`
  }

  /** @throws {ApiError} ResourceInUseException, LimitExceededException, InvalidKMSResourceException */
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
    const { stream, keyId } = store.transaction(() => {
      const { keyId, encryption } = this.#newKey(name, request.encryption)
      const stream = assemble({
        name,
        arn: this.arnOf(name),
        status: 'ACTIVE',
        versionId: 1,
        createdAtMs: clock.now(),
        partitions: Array.from({ length: partitionsPerStream }, () => store.next('partition')),
        encryption,
        tags: request.tags,
        destination: request.destination,
        ...(request.directPutSource === undefined ? {} : { directPutSource: request.directPutSource }),
      })
      store.save(name, encodeDefinition({ stream, keyId }))
      return { stream, keyId }
    })
    this.#remember(stream, keyId)
    keyring.use(stream.partitions, keyId)
    hooks.created(stream)
    return stream
  }

  /** A second call for a stream that is being deleted succeeds too. */
  delete(name: string): void {
    const stream = this.get(name)
    const deleting: DeliveryStream = { ...stream, status: 'DELETING' }
    if (stream.status !== 'DELETING') this.#save(deleting)
    void this.#finishDeleting(deleting)
  }

  /**
   * @param update  gives the update block, basic or extended; asked for once name, version and destination are right
   * @returns the stream, unchanged when the update changes nothing
   * @throws {ApiError}
   */
  update(name: string, versionId: string, destinationId: string, update: () => JsonObject): DeliveryStream {
    const stream = this.#streams.get(name)
    if (stream === undefined) {
      // This operation alone says `accountId`.
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
    if (isDeepStrictEqual(destination, stream.destination)) return stream
    const changed = assemble({
      ...stream,
      destination,
      versionId: stream.versionId + 1,
      updatedAtMs: this.#options.clock.now(),
    })
    this.#save(changed)
    this.#options.hooks.changed(changed)
    return changed
  }

  tag(name: string, tags: ReadonlyMap<string, string | undefined>): void {
    const stream = this.#notDeleting(name)
    const merged = new Map([...stream.tags, ...tags])
    if (merged.size > TAGS_MAX) {
      throw new ApiError('LimitExceededException', `Firehose ${name} cannot have more than ${TAGS_MAX} tags.`)
    }
    this.#save({ ...stream, tags: merged })
  }

  /** Keys that the stream does not have are passed over. */
  untag(name: string, keys: readonly string[]): void {
    const stream = this.#notDeleting(name)
    const tags = new Map(stream.tags)
    for (const key of keys) tags.delete(key)
    this.#save({ ...stream, tags })
  }

  startEncryption(name: string, request: KeyRequest): void {
    const { store, keyring } = this.#options
    const stream = this.#encryptable(name)
    const { encryption, keyId } = store.transaction(() => {
      this.#countEncryptionCall(name)
      const { encryption, keyId } = this.#newKey(name, request)
      store.save(name, encodeDefinition({ stream: { ...stream, encryption }, keyId }))
      return { encryption, keyId }
    })
    this.#remember({ ...stream, encryption }, keyId)
    keyring.use(stream.partitions, keyId)
  }

  stopEncryption(name: string): void {
    const { store, keyring } = this.#options
    const stream = this.#encryptable(name)
    // The key stays beside DISABLED, as AWS shows it.
    const stopped: DeliveryStream = { ...stream, encryption: { ...stream.encryption, status: 'DISABLED' } }
    store.transaction(() => {
      this.#countEncryptionCall(name)
      store.save(name, encodeDefinition({ stream: stopped, keyId: undefined }))
    })
    this.#remember(stopped, undefined)
    keyring.use(stream.partitions, undefined)
  }

  #encryptable(name: string): DeliveryStream {
    const stream = this.get(name)
    if (stream.status === 'ACTIVE') return stream
    throw new ApiError(
      'ResourceInUseException',
      `Firehose ${name} under account ${this.#options.accountId} is in the ${stream.status} state.`,
    )
  }

  #countEncryptionCall(name: string): void {
    const { store, clock } = this.#options
    const now = clock.now()
    if (store.encryptionCalls(name, now - DAY_MS) >= ENCRYPTION_CALLS_MAX) {
      throw new ApiError(
        'LimitExceededException',
        `Encryption of firehose ${name} was started or stopped ${ENCRYPTION_CALLS_MAX} times in 24 hours. Try again later.`,
      )
    }
    store.addEncryptionCall(name, now)
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

  /** Stores a change that leaves the key as it is. */
  #save(stream: DeliveryStream): void {
    const keyId = this.#keyIds.get(stream.name)
    this.#options.store.save(stream.name, encodeDefinition({ stream, keyId }))
    this.#remember(stream, keyId)
  }

  #remember(stream: DeliveryStream, keyId: number | undefined): void {
    this.#streams.set(stream.name, stream)
    if (keyId === undefined) this.#keyIds.delete(stream.name)
    else this.#keyIds.set(stream.name, keyId)
  }

  /** Never rejects. */
  #finishDeleting(stream: DeliveryStream): Promise<void> {
    const { name } = stream
    const underWay = this.#deletions.get(name)
    if (underWay !== undefined) return underWay
    const deletion = this.#removeAll(stream)
      .catch((error: unknown) => this.#options.hooks.failed(error))
      .finally(() => this.#deletions.delete(name))
    this.#deletions.set(name, deletion)
    return deletion
  }

  async #removeAll(stream: DeliveryStream): Promise<void> {
    const { hooks, store, keyring } = this.#options
    await hooks.deleted(stream)
    store.remove(stream.name)
    this.#streams.delete(stream.name)
    this.#keyIds.delete(stream.name)
    // Only now: a put that was under way must not reach the disk in the clear.
    keyring.use(stream.partitions, undefined)
  }
}
