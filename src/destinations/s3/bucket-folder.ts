/**
 * The folder of a bucket, and those in it. Nothing leads out of it: a name that a file or a symbolic link has taken is no
 * folder; the folder then gets that name with `%` behind it. So `a` and `a/b` can both be objects.
 */

import { join } from 'node:path'
import type { Disk } from '../../platform.ts'
import type { DurableNames } from './durable-names.ts'
import { noSuchBucket } from './s3-errors.ts'

/** Folders that are remembered; one an hour and prefix adds up. */
const KNOWN_MAX = 10_000

export class BucketFolder {
  readonly #path: string
  readonly #isMadeOnUse: boolean
  readonly #disk: Disk
  readonly #names: DurableNames
  /** Paths of folders that are on stable storage, by their names joined with `/`. */
  readonly #known = new Map<string, string>()

  /** @param isMadeOnUse  make the folder of the bucket itself when it is missing */
  constructor(path: string, isMadeOnUse: boolean, disk: Disk, names: DurableNames) {
    this.#path = path
    this.#isMadeOnUse = isMadeOnUse
    this.#disk = disk
    this.#names = names
  }

  /**
   * Makes the folders that are missing, each in the one before, and returns the path of the last.
   * @throws {DeliveryError} `S3.NoSuchBucket`
   */
  async make(names: readonly string[]): Promise<string> {
    const name = names.join('/')
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const last = names.at(-1)
    const path =
      last === undefined ? await this.#open() : await this.#makeIn(await this.make(names.slice(0, -1)), last)
    if (this.#known.size >= KNOWN_MAX) this.#known.clear()
    this.#known.set(name, path)
    return path
  }

  /**
   * The path of the last folder; undefined when one of them is missing.
   * @throws {DeliveryError} `S3.NoSuchBucket`
   */
  async find(names: readonly string[]): Promise<string | undefined> {
    await this.check()
    let path = this.#path
    for (const name of names) {
      const found = await this.#look(path, name)
      if (!found.isFolder) return undefined
      path = found.path
    }
    return path
  }

  /** @throws {DeliveryError} `S3.NoSuchBucket`, when the folder of the bucket is missing and may not be made */
  async check(): Promise<void> {
    if (this.#isMadeOnUse || (await this.#disk.size(this.#path)) !== undefined) return
    throw noSuchBucket(`In a directory, a bucket is a folder: ${this.#path}`)
  }

  /** After a failure: somebody may have removed folders. */
  forget(): void {
    this.#known.clear()
  }

  async #open(): Promise<string> {
    await this.check()
    if (this.#isMadeOnUse) await this.#names.makeDirectory(this.#path)
    return this.#path
  }

  async #makeIn(parent: string, name: string): Promise<string> {
    const { path } = await this.#look(parent, name)
    await this.#names.makeDirectory(path)
    return path
  }

  /** Where the folder `name` is, or may be made. */
  async #look(parent: string, name: string): Promise<{ path: string; isFolder: boolean }> {
    const entries = await this.#disk.list(parent)
    const isFolder = new Map(entries.map((entry) => [entry.name, entry.isDirectory]))
    let free = name
    while (isFolder.get(free) === false) free += '%'
    return { path: join(parent, free), isFolder: isFolder.has(free) }
  }
}
