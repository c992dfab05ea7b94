/**
 * Buckets as folders of a local directory, objects as files:
 *
 * ```
 * <root>/<bucket>/2026/11/24/14/orders-1-….gz      objects; see `object-path.ts` for keys that are no file names
 * <root>/.hydrant-tmp/<digest of the key>-<uuid>   objects that are being written
 * ```
 *
 * An object is written under a temporary name, synced, renamed, and the folder synced: it is there whole or not at all,
 * as in S3. Names of buckets are lower case, so that no two meet in a file system that ignores case. Keys of delivered
 * objects end in a UUID and never differ in case alone.
 */

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DeliveryError, errorCode } from '../../errors.ts'
import type { Body } from '../../formats/body.ts'
import type { Chance, Disk, DiskFile } from '../../platform.ts'
import { BucketFolder } from './bucket-folder.ts'
import { DurableNames } from './durable-names.ts'
import { objectPath } from './object-path.ts'
import type { ObjectHeaders, ObjectStore } from './object-store.ts'
import { deliveryError, noSuchBucket } from './s3-errors.ts'

const TEMPORARY = '.hydrant-tmp'
const WRITE_BYTES = 1024 * 1024
/** @see S3 User Guide, "General purpose bucket naming rules" */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

export interface DirectoryStoreOptions {
  /** Absolute. */
  readonly root: string
  /** Make the folder of a bucket on first use; else a missing one is `S3.NoSuchBucket`. */
  readonly createBuckets: boolean
  readonly disk: Disk
  readonly chance: Chance
}

export class DirectoryObjectStore implements ObjectStore {
  readonly #options: DirectoryStoreOptions
  readonly #disk: Disk
  readonly #names: DurableNames
  readonly #temporary: string
  #isTemporaryMade = false
  readonly #buckets = new Map<string, BucketFolder>()
  #isClosed = false

  constructor(options: DirectoryStoreOptions) {
    this.#options = options
    this.#disk = options.disk
    this.#names = new DurableNames(options.disk)
    this.#temporary = join(options.root, TEMPORARY)
  }

  put(bucket: string, key: string, body: Body, _headers: ObjectHeaders, signal: AbortSignal): Promise<void> {
    return this.#try(bucket, signal, async (folder) => {
      const names = objectPath(key)
      const parent = await folder.make(names.slice(0, -1))
      const temporary = await this.#write(bucket, key, body, signal)
      try {
        await this.#rename(temporary, parent, names.at(-1)!)
      } catch (error) {
        await this.#disk.remove(temporary).catch(() => undefined)
        throw error
      }
      await Promise.all([this.#names.sync(parent), this.#names.sync(this.#temporary)])
    })
  }

  head(bucket: string, key: string, signal: AbortSignal): Promise<number | undefined> {
    return this.#try(bucket, signal, async (folder) => {
      const names = objectPath(key)
      const parent = await folder.find(names.slice(0, -1))
      const size = parent === undefined ? undefined : await this.#sizeOf(parent, names.at(-1)!)
      // An earlier run may have ended between renaming and syncing, and whoever hears of the object lets go of its records.
      if (parent !== undefined && size !== undefined) await this.#names.sync(parent)
      return size
    })
  }

  abortUnfinished(bucket: string, key: string, signal: AbortSignal): Promise<void> {
    return this.#try(bucket, signal, async () => {
      const start = temporaryName(bucket, key, '')
      for (const { name } of await this.#disk.list(this.#temporary)) {
        if (name.startsWith(start)) await this.#disk.remove(join(this.#temporary, name))
      }
    })
  }

  check(bucket: string, signal: AbortSignal): Promise<void> {
    return this.#try(bucket, signal, (folder) => folder.check())
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  /** Writes a temporary file whose bytes are on stable storage; returns its path. */
  async #write(bucket: string, key: string, body: Body, signal: AbortSignal): Promise<string> {
    if (!this.#isTemporaryMade) await this.#disk.makeDirectory(this.#temporary)
    this.#isTemporaryMade = true
    const path = join(this.#temporary, temporaryName(bucket, key, this.#options.chance.uuid()))
    const file = await this.#disk.open(path, { create: true, exclusive: true })
    try {
      await writeBody(file, body, signal)
      await file.datasync()
    } catch (error) {
      await this.#disk.remove(path).catch(() => undefined)
      throw error
    } finally {
      await file.close()
    }
    return path
  }

  /** A folder may have the name of the object, when there are objects `a` and `a/b`. */
  async #rename(temporary: string, parent: string, name: string): Promise<void> {
    try {
      await this.#disk.rename(temporary, join(parent, name))
    } catch (error) {
      if (!(await this.#isFolder(parent, name))) throw error
      await this.#rename(temporary, parent, `${name}%`)
    }
  }

  async #sizeOf(parent: string, name: string): Promise<number | undefined> {
    const size = await this.#disk.size(join(parent, name))
    if (size === undefined || !(await this.#isFolder(parent, name))) return size
    return this.#sizeOf(parent, `${name}%`)
  }

  async #isFolder(parent: string, name: string): Promise<boolean> {
    const entries = await this.#disk.list(parent)
    return entries.some((entry) => entry.name === name && entry.isDirectory)
  }

  async #try<T>(
    bucket: string,
    signal: AbortSignal,
    action: (folder: BucketFolder) => Promise<T>,
  ): Promise<T> {
    if (this.#isClosed) throw deliveryError('InternalError', 'The directory of buckets is closed.')
    const folder = this.#folderOf(bucket)
    try {
      signal.throwIfAborted()
      return await action(folder)
    } catch (error) {
      this.#isTemporaryMade = false
      folder.forget()
      throw toDirectoryError(error)
    }
  }

  #folderOf(bucket: string): BucketFolder {
    if (!BUCKET.test(bucket)) throw noSuchBucket(`S3 allows no bucket of the name "${bucket}".`)
    let folder = this.#buckets.get(bucket)
    if (folder === undefined) {
      const { root, createBuckets } = this.#options
      folder = new BucketFolder(join(root, bucket), createBuckets, this.#disk, this.#names)
      this.#buckets.set(bucket, folder)
    }
    return folder
  }
}

/** Removes what an earlier run was writing. Call before the first delivery. */
export async function removeLeftovers(disk: Disk, root: string): Promise<void> {
  await disk.remove(join(root, TEMPORARY))
}

function temporaryName(bucket: string, key: string, id: string): string {
  const digest = createHash('sha256').update(`${bucket}/${key}`).digest('hex').slice(0, 16)
  return `${digest}-${id}`
}

async function writeBody(file: DiskFile, body: Body, signal: AbortSignal): Promise<void> {
  let position = 0
  let chunks: Uint8Array[] = []
  let bytes = 0
  const flush = async () => {
    await file.write(chunks, position)
    position += bytes
    chunks = []
    bytes = 0
  }
  for await (const chunk of body.read()) {
    signal.throwIfAborted()
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= WRITE_BYTES) await flush()
  }
  if (bytes > 0) await flush()
}

const SENTENCES: Readonly<Record<string, string>> = {
  ENOSPC: 'There is no room left on the disk. Delivery will be retried.',
  EDQUOT: 'The disk quota is used up. Delivery will be retried.',
  EXDEV: 'The folder of a bucket must lie on the file system of the directory that holds it.',
}

function toDirectoryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error
  const system = errorCode(error) ?? ''
  const code = ['EACCES', 'EPERM', 'EROFS'].includes(system) ? 'S3.AccessDenied' : 'InternalError'
  const message = error instanceof Error ? error.message : String(error)
  return deliveryError(code, [SENTENCES[system], message].filter(Boolean).join(' '), error)
}
