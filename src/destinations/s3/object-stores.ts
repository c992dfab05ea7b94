/** The object store of each bucket: one connection for buckets that share their settings. */

import type { ObjectStoreSettings } from '../../config/config.ts'
import type { Platform } from '../../platform.ts'
import { DirectoryObjectStore } from './directory-object-store.ts'
import type { ObjectStore } from './object-store.ts'
import { S3ObjectStore } from './s3-object-store.ts'

export interface ObjectStoresOptions {
  readonly objectStore: ObjectStoreSettings
  /** Buckets that live elsewhere. */
  readonly buckets: ReadonlyMap<string, ObjectStoreSettings>
  readonly platform: Platform
}

export class ObjectStores {
  readonly #options: ObjectStoresOptions
  readonly #stores = new Map<string, ObjectStore>()

  constructor(options: ObjectStoresOptions) {
    this.#options = options
  }

  storeOf(bucket: string): ObjectStore {
    const settings = this.#options.buckets.get(bucket) ?? this.#options.objectStore
    const name = JSON.stringify(settings)
    let store = this.#stores.get(name)
    if (store === undefined) {
      store = this.#make(settings)
      this.#stores.set(name, store)
    }
    return store
  }

  async close(): Promise<void> {
    await Promise.all([...this.#stores.values()].map((store) => store.close()))
  }

  #make(settings: ObjectStoreSettings): ObjectStore {
    if (settings.kind === 'endpoint') return new S3ObjectStore(settings)
    const { disk, chance } = this.#options.platform
    const { path: root, createBuckets } = settings
    return new DirectoryObjectStore({ root, createBuckets, disk, chance })
  }
}
