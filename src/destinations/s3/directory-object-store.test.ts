import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { keepsSome, losesAll } from '../../../test/simulation/crash-policy.ts'
import { SeededChance } from '../../../test/simulation/seeded-chance.ts'
import { CHANGING, SimulatedDisk } from '../../../test/simulation/simulated-disk.ts'
import { bodyOf, numberedBytes } from '../../../test/support/bodies.ts'
import { DeliveryError } from '../../errors.ts'
import { nodePlatform } from '../../node-platform.ts'
import type { Disk } from '../../platform.ts'
import { DirectoryObjectStore, removeLeftovers } from './directory-object-store.ts'

const HEADERS = { contentType: 'application/octet-stream' }
const never = new AbortController().signal

function storeOn(disk: Disk, { root = '/s3', createBuckets = true } = {}): DirectoryObjectStore {
  return new DirectoryObjectStore({ root, createBuckets, disk, chance: new SeededChance(1) })
}

async function realRoot(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'hydrant-directory-'))
  t.after(() => rm(root, { recursive: true }))
  return root
}

test('an object that was put is there after a power failure, folders and all', async () => {
  const disk = new SimulatedDisk(['/data'])
  await storeOn(disk, { root: '/data/s3' }).put('logs', '2026/11/24/a.gz', bodyOf('content'), HEADERS, never)
  const after = disk.crash(losesAll)
  assert.equal(after.contentOf('/data/s3/logs/2026/11/24/a.gz').toString(), 'content')
})

test('a power failure at any moment leaves the old object or the new one, whole', async () => {
  const old = numberedBytes(3000, 1)
  const fresh = numberedBytes(5000, 2)
  let crashes = 0
  for (let wasCut = true; wasCut; crashes++) {
    for (let seed = 0; seed < 5; seed++) {
      const disk = new SimulatedDisk(['/data'])
      await storeOn(disk, { root: '/data/s3' }).put('logs', 'a/b', bodyOf(old), HEADERS, never)
      let changes = 0
      disk.beforeOperation = (operation) => {
        if (CHANGING.has(operation) && changes++ === crashes) disk.turnOff()
      }
      const put = storeOn(disk, { root: '/data/s3' }).put('logs', 'a/b', bodyOf(fresh, 700), HEADERS, never)
      const isDone = await put.then(
        () => true,
        () => false,
      )
      const after = disk.crash(keepsSome(new SeededChance(seed)))
      const found = after.contentOf('/data/s3/logs/a/b')
      assert.ok(found.equals(fresh) || (!isDone && found.equals(old)), `crash at ${crashes}, seed ${seed}`)
      wasCut = changes > crashes
    }
  }
  assert.ok(crashes > 10)
})

test('what an earlier run was writing is removed at start', async () => {
  const disk = new SimulatedDisk()
  const store = storeOn(disk)
  await store.put('logs', 'a', bodyOf('x'), HEADERS, never)
  disk.inject({ operation: 'rename', code: 'EIO' })
  disk.inject({ operation: 'remove', code: 'EIO' })
  await assert.rejects(store.put('logs', 'b', bodyOf('x'), HEADERS, never), DeliveryError)
  assert.equal(disk.filesIn('/s3/.hydrant-tmp').length, 1)
  await removeLeftovers(disk, '/s3')
  assert.deepEqual(disk.filesIn('/s3'), ['/s3/logs/a'])
  await store.put('logs', 'b', bodyOf('x'), HEADERS, never)
})

test('objects of one folder share its syncs', async () => {
  const disk = new SimulatedDisk()
  const store = storeOn(disk)
  await store.put('logs', 'same/first', bodyOf('x'), HEADERS, never)
  const before = disk.count('syncDirectory')
  await Promise.all(
    Array.from({ length: 50 }, (_, i) => store.put('logs', `same/${i}`, bodyOf('x'), HEADERS, never)),
  )
  assert.ok(disk.count('syncDirectory') - before <= 6, `${disk.count('syncDirectory') - before} syncs`)
})

test('a full, failing or read-only disk fails the try, leaves nothing behind, and works again', async () => {
  for (const [code, expected] of [
    ['ENOSPC', 'InternalError'],
    ['EIO', 'InternalError'],
    ['EROFS', 'S3.AccessDenied'],
    ['EACCES', 'S3.AccessDenied'],
  ] as const) {
    for (const operation of [
      'open',
      'write',
      'datasync',
      'rename',
      'syncDirectory',
      'makeDirectory',
    ] as const) {
      const disk = new SimulatedDisk()
      const store = storeOn(disk)
      disk.inject({ operation, code })
      await assert.rejects(store.put('logs', 'a/b', bodyOf('x'), HEADERS, never), (error: unknown) => {
        assert.ok(error instanceof DeliveryError)
        assert.equal(error.code, expected, `${operation} ${code}`)
        return error.retryable
      })
      assert.deepEqual(disk.filesIn('/s3/.hydrant-tmp'), [])
      await store.put('logs', 'a/b', bodyOf('x'), HEADERS, never)
      assert.equal(await store.head('logs', 'a/b', never), 1)
    }
  }
})

test('buckets are made on first use, or not at all', async () => {
  const disk = new SimulatedDisk(['/s3'])
  const strict = storeOn(disk, { createBuckets: false })
  await assert.rejects(strict.put('logs', 'a', bodyOf('x'), HEADERS, never), {
    code: 'S3.NoSuchBucket',
    message: /does not exist.* \/s3\/logs/,
  })
  assert.deepEqual(await disk.list('/s3'), [])
  const lenient = storeOn(disk)
  await lenient.check('logs', never)
  assert.equal(await lenient.head('logs', 'a', never), undefined)
  assert.deepEqual(await disk.list('/s3'), [], 'asking makes no bucket')
  await lenient.put('logs', 'a', bodyOf('x'), HEADERS, never)
  await strict.check('logs', never)
})

test('names that S3 does not allow for buckets are refused', async () => {
  const disk = new SimulatedDisk(['/s3'])
  const store = storeOn(disk)
  for (const bucket of [
    'Logs',
    'LOGS',
    'ab',
    '.',
    '..',
    '.hydrant-tmp',
    'a/b',
    '../other',
    'a_b',
    'x'.repeat(64),
    '',
  ]) {
    await assert.rejects(store.put(bucket, 'a', bodyOf('x'), HEADERS, never), { code: 'S3.NoSuchBucket' })
  }
  assert.deepEqual(await disk.list('/s3'), [])
})

test('a folder that somebody removes is made again by the next try', async () => {
  const disk = new SimulatedDisk()
  const store = storeOn(disk)
  await store.put('logs', 'a/b/c', bodyOf('x'), HEADERS, never)
  await disk.remove('/s3/logs/a')
  await store.put('logs', 'a/b/c', bodyOf('x'), HEADERS, never).catch(() => undefined)
  await store.put('logs', 'a/b/c', bodyOf('y'), HEADERS, never)
  assert.equal(disk.contentOf('/s3/logs/a/b/c').toString(), 'y')
})

test('one key may be an object and the beginning of another', async (t) => {
  const store = storeOn(nodePlatform.disk, { root: await realRoot(t) })
  for (const keys of [
    ['file-first', 'file-first/b', 'file-first/b/c'],
    ['folder-last/b/c', 'folder-last/b', 'folder-last'],
  ]) {
    for (const key of keys) await store.put('logs', key, bodyOf(key), HEADERS, never)
    // Again, now that all names are taken.
    for (const key of keys) await store.put('logs', key, bodyOf(`${key}!`), HEADERS, never)
    for (const key of keys) assert.equal(await store.head('logs', key, never), key.length + 1, key)
  }
})

test('symbolic links lead nowhere', async (t) => {
  const root = await realRoot(t)
  const outside = join(root, 'outside')
  await mkdir(outside)
  await mkdir(join(root, 'logs'))
  await symlink(outside, join(root, 'logs', '2026'))
  await writeFile(join(outside, 'precious'), 'mine')
  await symlink(join(outside, 'precious'), join(root, 'logs', 'link'))
  const store = storeOn(nodePlatform.disk, { root })
  await store.put('logs', '2026/precious', bodyOf('not mine'), HEADERS, never)
  await store.put('logs', 'link', bodyOf('not mine'), HEADERS, never)
  assert.equal(await readFile(join(outside, 'precious'), 'utf8'), 'mine')
  assert.equal(await store.head('logs', '2026/precious', never), 8)
  assert.equal(await readFile(join(root, 'logs', 'link'), 'utf8'), 'not mine')
})
