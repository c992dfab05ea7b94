/** The storage that the suites run on: a directory, and an S3 server. */

import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import type { TestContext } from 'node:test'
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import { DirectoryObjectStore } from '../../src/destinations/s3/directory-object-store.ts'
import type { ObjectStore } from '../../src/destinations/s3/object-store.ts'
import { S3ObjectStore } from '../../src/destinations/s3/s3-object-store.ts'
import { nodePlatform } from '../../src/node-platform.ts'
import { bodyOf } from '../support/bodies.ts'
import { requireService } from '../support/services.ts'
import { type S3Server, startVersitygw } from '../support/versitygw.ts'

/** A store and its storage, as somebody else sees it. */
export interface StoreUnderTest {
  readonly store: ObjectStore
  /** Another store on the same storage: that of the server after a restart. */
  reopen(): ObjectStore
  /** A bucket that exists. */
  newBucket(): Promise<string>
  /** Objects of a bucket by key. */
  objects(bucket: string): Promise<ReadonlyMap<string, Buffer>>
  /** Temporary files and uploads that are not objects. */
  leftovers(bucket: string): Promise<readonly string[]>
  /** Leaves behind what a server that is killed while it writes this object would. */
  startWriting(bucket: string, key: string): Promise<void>
}

const PART_BYTES = 5 * 2 ** 20

export async function openDirectory(t: TestContext): Promise<StoreUnderTest & { readonly root: string }> {
  const root = await mkdtemp(join(tmpdir(), 'hydrant-directory-'))
  t.after(() => rm(root, { recursive: true }))
  const { disk, chance } = nodePlatform
  const reopen = () => new DirectoryObjectStore({ root, createBuckets: false, disk, chance })
  let buckets = 0
  return {
    root,
    store: reopen(),
    reopen,
    newBucket: async () => {
      const bucket = `bucket-${++buckets}`
      await mkdir(join(root, bucket))
      return bucket
    },
    objects: (bucket) => filesIn(join(root, bucket)),
    leftovers: async () => [...(await filesIn(join(root, '.hydrant-tmp'))).keys()],
    startWriting: async (bucket, key) => {
      // Killed between the writing of the temporary file and its renaming.
      const disk = {
        ...nodePlatform.disk,
        rename: async () => Promise.reject(new Error()),
        remove: async () => {},
      }
      const killed = new DirectoryObjectStore({ root, createBuckets: false, disk, chance })
      const headers = { contentType: 'application/octet-stream' }
      await killed
        .put(bucket, key, bodyOf('half'), headers, new AbortController().signal)
        .catch(() => undefined)
    },
  }
}

export async function openVersitygw(
  t: TestContext,
): Promise<(StoreUnderTest & { readonly s3: S3Server }) | undefined> {
  const s3 = await requireService(t, 'versitygw', startVersitygw)
  if (s3 === undefined) return undefined
  const reopen = () => {
    const store = new S3ObjectStore(s3.settings({ partBytes: PART_BYTES }))
    t.after(() => store.close())
    return store
  }
  return {
    s3,
    store: reopen(),
    reopen,
    newBucket: () => s3.newBucket(),
    objects: async (bucket) => {
      const files = await filesIn(join(s3.directory, bucket))
      return new Map([...files].filter(([key]) => !key.startsWith('.sgwtmp/')))
    },
    leftovers: async (Bucket) => {
      const { Uploads = [] } = await s3.client.send(new ListMultipartUploadsCommand({ Bucket }))
      return Uploads.map(({ Key = '', UploadId }) => `${Key} ${UploadId}`)
    },
    startWriting: async (Bucket, Key) => {
      await s3.client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
    },
  }
}

async function filesIn(folder: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>()
  if (!existsSync(folder)) return files
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files.set(relative(folder, path), await readFile(path))
  }
  return files
}
