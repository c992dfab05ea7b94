/**
 * Keys of server-side encryption. Every stream has data keys of its own, which encrypt its frames in the log; they
 * are stored wrapped by a master key: the one configured for the KMS key ARN, or for `AWS_OWNED_CMK` one that is
 * generated into a file of the data directory.
 */

import { ApiError } from '../errors.ts'
import type { DataKey, DataKeys } from '../log/data-keys.ts'
import type { Chance } from '../platform.ts'
import type { PartitionId } from '../record.ts'
import type { DeliveryStream } from './delivery-stream.ts'
import { unwrapKey, wrapKey } from './key-wrap.ts'
import { ownedKey, readOwnedKey } from './owned-key.ts'
import type { StreamStore } from './stream-store.ts'

const KEY_BYTES = 32
/** The master key of `AWS_OWNED_CMK`, as it is named in the database. */
const OWNED = 'AWS_OWNED_CMK'

export interface KeyringOptions {
  readonly store: StreamStore
  readonly chance: Chance
  /** 32 bytes each, by KMS key ARN. */
  readonly masterKeys: ReadonlyMap<string, Buffer>
  /** File of the generated master key; made when it is first needed. */
  readonly ownedKeyPath: string
  /** Told of every key as it becomes known: readers need old ones too. */
  readonly added: (key: DataKey) => void
}

export class Keyring implements DataKeys {
  readonly #options: KeyringOptions
  readonly #keys = new Map<number, DataKey>()
  readonly #current = new Map<PartitionId, DataKey>()

  constructor(options: KeyringOptions) {
    this.#options = options
    const owned = readOwnedKey(options.ownedKeyPath)
    for (const { keyId, wrapped, ...owner } of options.store.keys()) {
      const master = owner.masterKey === OWNED ? owned : options.masterKeys.get(owner.masterKey)
      const key = master === undefined ? undefined : unwrapKey(master, wrapped, owner)
      if (key !== undefined) this.#add({ keyId, key })
    }
  }

  current(partition: PartitionId): DataKey | undefined {
    return this.#current.get(partition)
  }

  find(keyId: number): DataKey | undefined {
    return this.#keys.get(keyId)
  }

  get all(): Iterable<DataKey> {
    return this.#keys.values()
  }

  /** Why records of a stream cannot be encrypted as its definition says; undefined when they can, or need not. */
  problem({ encryption, partitions }: DeliveryStream): string | undefined {
    if (encryption.status !== 'ENABLED') return undefined
    if (partitions.every((partition) => this.#current.has(partition))) return undefined
    return this.#missing(encryption.keyArn ?? OWNED)
  }

  /**
   * Makes a new data key for a stream.
   * @param keyArn  of the master key; undefined for the generated one
   * @throws {ApiError} InvalidKMSResourceException when no master key is configured for the ARN
   */
  create(stream: string, keyArn: string | undefined): DataKey {
    const { store, chance } = this.#options
    const owner = { stream, masterKey: keyArn ?? OWNED }
    const master = this.#masterKey(owner.masterKey)
    const key = chance.bytes(KEY_BYTES)
    const dataKey = { keyId: store.addKey(owner, wrapKey(master, key, owner, chance)), key }
    this.#add(dataKey)
    return dataKey
  }

  /** Encrypts what is put to these partitions from now on with this key, or not at all. */
  use(partitions: readonly PartitionId[], keyId: number | undefined): void {
    const key = keyId === undefined ? undefined : this.#keys.get(keyId)
    for (const partition of partitions) {
      if (key === undefined) this.#current.delete(partition)
      else this.#current.set(partition, key)
    }
  }

  #add(key: DataKey): void {
    this.#keys.set(key.keyId, key)
    this.#options.added(key)
  }

  #masterKey(name: string): Buffer {
    const { masterKeys, ownedKeyPath, chance } = this.#options
    const key = name === OWNED ? ownedKey(ownedKeyPath, chance) : masterKeys.get(name)
    if (key !== undefined) return key
    throw new ApiError('InvalidKMSResourceException', this.#missing(name))
  }

  #missing(name: string): string {
    if (name === OWNED) {
      return `The master key of AWS_OWNED_CMK in ${this.#options.ownedKeyPath} is missing or is not the one that encryption was started with. Put it back and start the server again.`
    }
    return `The key ${name} cannot be used: masterKeys in hydrant.yaml has no entry for it, or another key than encryption was started with.`
  }
}
