/** Every destination there is: S3, on a server and in a directory. */

import type { TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { ObjectStoreSettings } from '../../src/config/config.ts'
import { destinations } from '../../src/destinations/index.ts'
import { ObjectStores } from '../../src/destinations/s3/object-stores.ts'
import { nodePlatform } from '../../src/node-platform.ts'
import type { Platform } from '../../src/platform.ts'
import type { DeliverySettings } from '../../src/streams/delivery-stream.ts'
import { FaultProxy, faults } from '../support/fault-proxy.ts'
import { type DestinationUnderTest, testDestination } from './destination.ts'
import { openDirectory, openVersitygw, type StoreUnderTest } from './stores.ts'

testDestination('ExtendedS3 in a directory', async (t) => {
  const under = await openDirectory(t)
  let isBroken = false
  const failing = () => Promise.reject(Object.assign(new Error('EIO: simulated'), { code: 'EIO' }))
  const { disk } = nodePlatform
  const platform: Platform = {
    ...nodePlatform,
    disk: {
      ...disk,
      open: (...args) => (isBroken ? failing() : disk.open(...args)),
      size: (path) => (isBroken ? failing() : disk.size(path)),
    },
  }
  const settings = { kind: 'directory', path: under.root, createBuckets: false } as const
  return {
    ...(await openDestination(t, under, settings, platform)),
    breakDown: () => {
      isBroken = true
    },
    mend: () => {
      isBroken = false
    },
  }
})

testDestination('ExtendedS3 on versitygw', async (t) => {
  const under = await openVersitygw(t)
  if (under === undefined) return undefined
  const proxy = await FaultProxy.start(under.s3.url)
  t.after(() => proxy.close())
  const settings = under.s3.settings({ endpoint: proxy.url, requestTimeoutMs: 300 })
  return {
    ...(await openDestination(t, under, settings, nodePlatform)),
    breakDown: () => proxy.inject(() => true, faults.stallBefore, Number.POSITIVE_INFINITY),
    mend: () => proxy.clear(),
  }
})

async function openDestination(
  t: TestContext,
  { newBucket, objects, startWriting, leftovers }: StoreUnderTest,
  objectStore: ObjectStoreSettings,
  platform: Platform,
): Promise<Omit<DestinationUnderTest, 'breakDown' | 'mend'>> {
  const bucket = await newBucket()
  const open = () => {
    const stores = new ObjectStores({ objectStore, buckets: new Map(), platform })
    t.after(() => stores.close())
    const settings = settingsOf(bucket)
    const { chance } = platform
    return destinations.ExtendedS3({ settings, lane: 'primary', stores, gzipLevel: 6, chance })
  }
  return {
    destination: open(),
    reopen: open,
    arrived: async () =>
      [...(await objects(bucket)).values()].map((content) => gunzipSync(content).toString()),
    dieDelivering: ({ key }) => startWriting(bucket, key),
    leftovers: () => leftovers(bucket),
  }
}

function settingsOf(bucket: string): DeliverySettings {
  return {
    streamName: 'conformance',
    streamArn: 'arn:aws:firehose:us-east-1:000000000000:deliverystream/conformance',
    versionId: 1,
    primary: {
      bucket,
      prefix: '',
      errorOutputPrefix: '',
      buffering: { sizeBytes: 2 ** 20, intervalMs: 60_000 },
      compression: 'GZIP',
      fileExtension: '',
      timeZone: 'UTC',
    },
  }
}
