/**
 * Keys of server-side encryption. Every stream has data keys of its own, which encrypt its frames in the log; they
 * are stored wrapped by a master key: the one configured for the KMS key ARN, or for `AWS_OWNED_CMK` one that is
 * generated into a file of the data directory.
 */

import { createCipheriv, createDecipheriv } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { ApiError } from '../errors.ts'
import type { DataKey, DataKeys } from '../log/data-keys.ts'
import type { Chance } from '../platform.ts'
import type { PartitionId } from '../record.ts'
import type { StreamEncryption } from './delivery-stream.ts'
import type { StreamStore } from './stream-store.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** The master key of `AWS_OWNED_CMK`, as it is named in the database. */
const OWNED = 'AWS_OWNED_CMK'

export interface KeyringOptions {
  readonly store: StreamStore
  readonly chance: Chance
  /** 32 bytes each, by KMS key ARN. */
  readonly masterKeys: ReadonlyMap<string, Buffer>
  /** File of the generated master key; made when it is first needed, readable by its owner only. */
  readonly ownedKeyPath: string
  /** Told of every key as it becomes known: readers need old ones too. */
  readonly added: (key: DataKey) => void
}

export class Keyring implements DataKeys {
  readonly #options: KeyringOptions
  readonly #keys = new Map<number, DataKey>()
  readonly #current = new Map<PartitionId, DataKey>()
  readonly #unusable = new Map<string, string>()

  constructor(options: KeyringOptions) {
    this.#options = options
    for (const { keyId, masterKey, wrapped } of options.store.keys()) {
      const master = this.#masterKey(masterKey)
      const key = master === undefined ? undefined : unwrap(master, wrapped)
      if (key === undefined) this.#unusable.set(masterKey, this.#problem(masterKey))
      else this.#add({ keyId, key })
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

  /** Why records of a stream cannot be encrypted as its definition says; undefined when they can. */
  problem(encryption: StreamEncryption): string | undefined {
    if (encryption.status !== 'ENABLED') return undefined
    return this.#unusable.get(encryption.keyArn ?? OWNED)
  }

  /**
   * Makes a new data key for a stream.
   * @throws {ApiError} InvalidKMSResourceException when no master key is configured for the ARN
   */
  create(stream: string, keyArn: string | undefined): DataKey {
    const name = keyArn ?? OWNED
    const master = this.#masterKey(name)
    if (master === undefined) throw new ApiError('InvalidKMSResourceException', this.#problem(name))
    const key = this.#options.chance.bytes(KEY_BYTES)
    const wrapped = wrap(master, key, this.#options.chance)
    const dataKey = { keyId: this.#options.store.addKey(stream, name, wrapped), key }
    this.#unusable.delete(name)
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

  #masterKey(name: string): Buffer | undefined {
    if (name !== OWNED) return this.#options.masterKeys.get(name)
    const { ownedKeyPath, chance } = this.#options
    if (!existsSync(ownedKeyPath)) {
      writeFileSync(ownedKeyPath, chance.bytes(KEY_BYTES), { mode: 0o600, flag: 'wx', flush: true })
    }
    const key = readFileSync(ownedKeyPath)
    return key.length === KEY_BYTES ? key : undefined
  }

  #problem(name: string): string {
    if (name === OWNED) return `The master key in ${this.#options.ownedKeyPath} is missing or damaged.`
    return `The key ${name} cannot be used: hydrant.yaml has no such entry under masterKeys, or another key than before.`
  }
}

/** Nonce, ciphertext, tag. */
function wrap(master: Buffer, key: Buffer, chance: Chance): Buffer {
  const nonce = chance.bytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', master, nonce)
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()])
}

function unwrap(master: Buffer, wrapped: Uint8Array): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', master, wrapped.subarray(0, NONCE_BYTES))
  decipher.setAuthTag(wrapped.subarray(wrapped.length - TAG_BYTES))
  try {
    const sealed = wrapped.subarray(NONCE_BYTES, wrapped.length - TAG_BYTES)
    return Buffer.concat([decipher.update(sealed), decipher.final()])
  } catch {
    return undefined
  }
}
