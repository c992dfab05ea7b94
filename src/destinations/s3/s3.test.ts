import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { SeededChance } from '../../../test/simulation/seeded-chance.ts'
import { simulatedPlatform } from '../../../test/simulation/simulated-platform.ts'
import { bodyOf } from '../../../test/support/bodies.ts'
import type { CompressionFormat, DeliverySettings, S3Settings } from '../../streams/delivery-stream.ts'
import { destinations } from '../index.ts'
import type { ObjectHeaders, ObjectStore } from './object-store.ts'
import { ObjectStores } from './object-stores.ts'
import { S3Destination } from './s3.ts'

const never = new AbortController().signal
const OLDEST_MS = Date.UTC(2025, 2, 4, 11, 48, 32, 364)

function s3Settings(overrides: Partial<S3Settings> = {}): S3Settings {
  return {
    bucket: 'primary',
    prefix: '',
    errorOutputPrefix: '',
    buffering: { sizeBytes: 5 * 2 ** 20, intervalMs: 300_000 },
    compression: 'GZIP',
    fileExtension: '',
    timeZone: 'UTC',
    ...overrides,
  }
}

function deliverySettings(overrides: Partial<DeliverySettings> = {}): DeliverySettings {
  return {
    streamName: 'orders',
    streamArn: 'arn:aws:firehose:us-east-1:000000000000:deliverystream/orders',
    versionId: 3,
    primary: s3Settings(),
    ...overrides,
  }
}

/** Notes what is asked of a store. */
class NotingStore implements ObjectStore {
  readonly calls: unknown[] = []
  size: number | undefined

  async put(bucket: string, key: string, _body: unknown, headers: ObjectHeaders): Promise<void> {
    this.calls.push(['put', bucket, key, headers])
  }
  async head(bucket: string, key: string): Promise<number | undefined> {
    this.calls.push(['head', bucket, key])
    return this.size
  }
  async abortUnfinished(bucket: string, key: string): Promise<void> {
    this.calls.push(['abortUnfinished', bucket, key])
  }
  async check(bucket: string): Promise<void> {
    this.calls.push(['check', bucket])
  }
  async close(): Promise<void> {
    this.calls.push(['close'])
  }
}

function destinationOn(
  store: ObjectStore,
  settings = deliverySettings(),
  lane: 'primary' | 'backup' = 'primary',
): S3Destination {
  const stores: Pick<ObjectStores, 'storeOf'> = { storeOf: () => store }
  return new S3Destination({ settings, lane, stores, gzipLevel: 1, chance: new SeededChance(1) })
}

const batch = { id: 'b', bucket: 'bucket', key: 'k.gz', offsets: [{ from: 0, to: 1 }], records: 1, bytes: 3 }

test('a batch goes where its oldest record says', () => {
  const destination = destinationOn(new NotingStore())
  const { bucket, key } = destination.locate(OLDEST_MS)
  assert.equal(bucket, 'primary')
  assert.match(key, /^2025\/03\/04\/11\/orders-3-2025-03-04-11-48-32-[0-9a-f-]{36}\.gz$/)
  assert.notEqual(destination.locate(OLDEST_MS).key, key)
})

test('the backup lane has its own bucket, prefix and compression', () => {
  const backup = s3Settings({ bucket: 'backup', prefix: 'raw/', compression: 'UNCOMPRESSED' })
  const destination = destinationOn(new NotingStore(), deliverySettings({ backup }), 'backup')
  assert.equal(destination.encoding, 'UNCOMPRESSED')
  const { bucket, key } = destination.locate(OLDEST_MS)
  assert.equal(bucket, 'backup')
  assert.match(key, /^raw\/2025\/03\/04\/11\/orders-3-2025-03-04-11-48-32-[0-9a-f-]{36}$/)
  assert.throws(() => destinationOn(new NotingStore(), deliverySettings(), 'backup'), /backup lane/)
})

test('objects say how they are encoded, and by which key they are encrypted', async () => {
  const encodings: [CompressionFormat, string | undefined][] = [
    ['UNCOMPRESSED', undefined],
    ['GZIP', 'gzip'],
    ['ZIP', 'zip'],
    ['Snappy', 'snappy-java'],
    ['HADOOP_SNAPPY', 'hadoop-snappy'],
  ]
  for (const [encoding, contentEncoding] of encodings) {
    const store = new NotingStore()
    // The encoding is that of the batch: the stream may have been updated since it was sealed.
    const kmsKeyArn = 'arn:aws:kms:us-east-1:000000000000:key/1'
    const destination = destinationOn(store, deliverySettings({ primary: s3Settings({ kmsKeyArn }) }))
    await destination.deliver({ ...batch, encoding, body: bodyOf('abc') }, never)
    const headers = {
      contentType: 'application/octet-stream',
      ...(contentEncoding === undefined ? {} : { contentEncoding }),
      kmsKeyArn,
    }
    assert.deepEqual(store.calls, [['put', 'bucket', 'k.gz', headers]])
  }
})

test('what an unfinished try left is cleared only when the object is not there', async () => {
  for (const [size, isThere, calls] of [
    [3, true, ['head']],
    // Zero bytes are an object, too.
    [0, true, ['head']],
    [undefined, false, ['head', 'abortUnfinished']],
  ] as const) {
    const store = new NotingStore()
    store.size = size
    assert.equal(await destinationOn(store).arrived({ ...batch, encoding: 'GZIP' }, never), isThere)
    assert.deepEqual(
      store.calls,
      calls.map((call) => [call, 'bucket', 'k.gz']),
    )
  }
})

test('a check asks for the bucket, and closing leaves the shared store open', async () => {
  const store = new NotingStore()
  const destination = destinationOn(store)
  await destination.check(never)
  await destination.close()
  assert.deepEqual(store.calls, [['check', 'primary']])
})

test('records become an object in a directory, through the table of destinations', async () => {
  const platform = simulatedPlatform()
  const objectStore = { kind: 'directory', path: '/s3', createBuckets: true } as const
  const stores = new ObjectStores({ objectStore, buckets: new Map(), platform })
  const { chance, disk } = platform
  const options = { settings: deliverySettings(), lane: 'primary', stores, gzipLevel: 1, chance } as const
  const destination = destinations.ExtendedS3(options)
  const encoder = destination.newEncoder(destination.encoding)
  const encoded = Buffer.concat([...encoder.write(Buffer.from('one\ntwo\n')), ...encoder.end()])
  const place = destination.locate(OLDEST_MS)
  const sealed = { ...batch, ...place, encoding: destination.encoding, body: bodyOf(encoded) }
  assert.equal(await destination.arrived(sealed, never), false)
  await destination.deliver(sealed, never)
  assert.equal(await destination.arrived(sealed, never), true)
  assert.equal(gunzipSync(disk.contentOf(`/s3/primary/${place.key}`)).toString(), 'one\ntwo\n')
  await stores.close()
})
