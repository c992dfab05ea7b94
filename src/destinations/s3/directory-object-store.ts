/**
 * Buckets as folders of a local directory, objects as files. An object is written under a temporary name, synced, and
 * renamed: it is there whole or not at all, as in S3.
 *
 * What S3 allows in a name and a file system does not is percent-encoded, so that no two keys meet in one file and no
 * key leaves its bucket:
 *
 * ```
 * a/b.gz           a/b.gz
 * a//b, a/./b      a/%/b, a/%2E/b      empty, `.` and `..` segments
 * a/               a/%
 * %, NUL           %25, %00
 * .hydrant-tmp     %2Ehydrant-tmp      at the top, where temporary files lie
 * ```
 */

import { dirname, join } from 'node:path'
import { DeliveryError, errorCode } from '../../errors.ts'
import type { Body } from '../../formats/body.ts'
import type { Chance, Disk } from '../../platform.ts'
import type { ObjectStore } from './object-store.ts'

const TEMPORARY = '.hydrant-tmp'
const SEGMENT_BYTES_MAX = 240
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

export interface DirectoryStoreOptions {
  readonly root: string
  /** Make the folder of a bucket on first use; else a missing one is `S3.NoSuchBucket`. */
  readonly createBuckets: boolean
  readonly disk: Disk
  readonly chance: Chance
}

export class DirectoryObjectStore implements ObjectStore {
  readonly #options: DirectoryStoreOptions
  /** Directories known to exist, with all their parents, on stable storage. */
  readonly #made = new Set<string>()

  constructor(options: DirectoryStoreOptions) {
    this.#options = options
  }

  async put(bucket: string, key: string, body: Body, _headers: unknown, signal: AbortSignal): Promise<void> {
    await this.#inBucket(bucket, async (folder) => {
      const path = join(folder, ...segmentsOf(key))
      const temporary = join(folder, TEMPORARY, this.#options.chance.uuid())
      await this.#makeDirectory(folder, dirname(temporary))
      await this.#makeDirectory(folder, dirname(path))
      try {
        await this.#write(temporary, body, signal)
        await this.#options.disk.rename(temporary, path)
      } catch (error) {
        await this.#options.disk.remove(temporary).catch(() => undefined)
        throw error
      }
      await this.#options.disk.syncDirectory(dirname(path))
    })
  }

  head(bucket: string, key: string): Promise<number | undefined> {
    return this.#inBucket(bucket, (folder) => this.#options.disk.size(join(folder, ...segmentsOf(key))))
  }

  /** Temporary files have names of their own; those of an earlier run are removed with `removeLeftovers`. */
  async abortUnfinished(): Promise<void> {}

  async check(bucket: string): Promise<void> {
    await this.#inBucket(bucket, async () => undefined)
  }

  async close(): Promise<void> {}

  async #write(path: string, body: Body, signal: AbortSignal): Promise<void> {
    const file = await this.#options.disk.open(path, { create: true, exclusive: true })
    try {
      let position = 0
      for await (const chunk of body.read()) {
        signal.throwIfAborted()
        await file.write([chunk], position)
        position += chunk.length
      }
      await file.datasync()
    } finally {
      await file.close()
    }
  }

  async #inBucket<T>(bucket: string, action: (folder: string) => Promise<T>): Promise<T> {
    const { root, createBuckets, disk } = this.#options
    if (!BUCKET.test(bucket)) {
      throw new DeliveryError('S3.NoSuchBucket', `${bucket} is not a name that S3 allows for a bucket.`, {
        retryable: true,
      })
    }
    const folder = join(root, bucket)
    try {
      if (createBuckets) await this.#makeDirectory(root, folder)
      else if ((await disk.size(folder)) === undefined) {
        throw new DeliveryError(
          'S3.NoSuchBucket',
          `The specified bucket does not exist. Make the folder ${folder}, or use a bucket that exists.`,
          { retryable: true },
        )
      }
      return await action(folder)
    } catch (error) {
      this.#made.clear()
      throw toDeliveryError(error)
    }
  }

  /** Makes `path` and its parents below `top`, each durable before the next. */
  async #makeDirectory(top: string, path: string): Promise<void> {
    if (this.#made.has(path)) return
    if (path !== top && dirname(path) !== path) await this.#makeDirectory(top, dirname(path))
    await this.#options.disk.makeDirectory(path)
    await this.#options.disk.syncDirectory(dirname(path))
    this.#made.add(path)
  }
}

/** Removes temporary files of an earlier run. Call before the first delivery. */
export async function removeLeftovers(disk: Disk, root: string): Promise<void> {
  for (const { name, isDirectory } of await disk.list(root)) {
    if (isDirectory) await disk.remove(join(root, name, TEMPORARY))
  }
}

function segmentsOf(key: string): string[] {
  const segments = key.split('/').map(fileName)
  if (segments[0] === TEMPORARY) segments[0] = `%2E${TEMPORARY.slice(1)}`
  return segments
}

function fileName(segment: string): string {
  if (segment === '') return '%'
  if (segment === '.' || segment === '..') return segment.replaceAll('.', '%2E')
  const safe = segment.replaceAll('%', '%25').replaceAll('\0', '%00')
  if (Buffer.byteLength(safe) <= SEGMENT_BYTES_MAX) return safe
  throw new DeliveryError(
    'S3.InvalidPrefixConfigurationException',
    `A part of the object key is longer than a file name may be: ${safe.slice(0, 40)}…`,
    { retryable: true },
  )
}

function toDeliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error
  const message = error instanceof Error ? error.message : String(error)
  const code = ['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error) ?? '')
    ? 'S3.AccessDenied'
    : 'InternalError'
  return new DeliveryError(code, message, { retryable: true, cause: error })
}
