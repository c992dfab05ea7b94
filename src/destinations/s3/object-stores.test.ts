import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedPlatform } from '../../../test/simulation/simulated-platform.ts'
import { bodyOf } from '../../../test/support/bodies.ts'
import type { ObjectStoreSettings } from '../../config/config.ts'
import { DirectoryObjectStore } from './directory-object-store.ts'
import { ObjectStores } from './object-stores.ts'
import { S3ObjectStore } from './s3-object-store.ts'

const endpoint: ObjectStoreSettings = {
  kind: 'endpoint',
  endpoint: 'http://127.0.0.1:1',
  region: 'us-east-1',
  forcePathStyle: true,
  sendAcl: true,
  requestChecksums: 'WHEN_SUPPORTED',
  connectTimeoutMs: 1000,
  requestTimeoutMs: 1000,
  partBytes: 8 * 2 ** 20,
}
const directory: ObjectStoreSettings = { kind: 'directory', path: '/s3', createBuckets: true }

test('buckets that lie at one place share its store', () => {
  const stores = new ObjectStores({
    objectStore: directory,
    buckets: new Map<string, ObjectStoreSettings>([
      ['remote-a', endpoint],
      ['remote-b', { ...endpoint }],
      ['elsewhere', { ...endpoint, region: 'eu-west-1' }],
      ['other-disk', { ...directory, path: '/mnt/s3' }],
    ]),
    platform: simulatedPlatform(),
  })
  assert.ok(stores.storeOf('any') instanceof DirectoryObjectStore)
  assert.equal(stores.storeOf('any'), stores.storeOf('other'))
  assert.ok(stores.storeOf('remote-a') instanceof S3ObjectStore)
  assert.equal(stores.storeOf('remote-a'), stores.storeOf('remote-b'))
  assert.notEqual(stores.storeOf('remote-a'), stores.storeOf('elsewhere'))
  assert.notEqual(stores.storeOf('any'), stores.storeOf('other-disk'))
})

test('settings cross to a worker thread as they are', () => {
  const buckets = new Map<string, ObjectStoreSettings>([['remote', endpoint]])
  const crossed = structuredClone({ objectStore: directory, buckets })
  assert.deepEqual(crossed, { objectStore: directory, buckets })
})

test('closing closes every store', async () => {
  const platform = simulatedPlatform()
  const stores = new ObjectStores({
    objectStore: directory,
    buckets: new Map([['remote', endpoint]]),
    platform,
  })
  const { signal } = new AbortController()
  const opened = [stores.storeOf('local'), stores.storeOf('remote')]
  await stores.close()
  for (const store of opened) {
    const put = store.put('local', 'k', bodyOf('x'), { contentType: 'text/plain' }, signal)
    await assert.rejects(put, /closed/)
  }
})
