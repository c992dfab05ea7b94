/** Buckets in a directory of the simulated disk: they fail, fill up and lose power with it. */

import { join } from 'node:path'
import type { Destination } from '../../src/destinations/destination.ts'
import { ObjectStores } from '../../src/destinations/s3/object-stores.ts'
import { S3Destination } from '../../src/destinations/s3/s3.ts'
import type { Lane } from '../../src/observability/events.ts'
import type { DeliverySettings } from '../../src/streams/delivery-stream.ts'
import type { StoredObject } from './fake-object-store.ts'
import type { SimulatedDisk } from './simulated-disk.ts'
import type { Buckets, Life } from './simulated-pipeline.ts'
import type { SimulatedPlatform } from './simulated-platform.ts'

const ROOT = '/data/s3'
const GZIP_MAGIC = Buffer.of(0x1f, 0x8b)

export class DirectoryBuckets implements Buckets {
  readonly #stores = new WeakMap<SimulatedPlatform, ObjectStores>()

  newDestination(settings: DeliverySettings, lane: Lane, { platform }: Life): Destination {
    const stores = this.#stores.get(platform) ?? newStores(platform)
    this.#stores.set(platform, stores)
    return new S3Destination({ settings, lane, stores, gzipLevel: 1, chance: platform.chance })
  }
}

export function objectsOn(disk: SimulatedDisk): readonly StoredObject[] {
  const paths = disk.filesIn(ROOT).filter((path) => !path.startsWith(join(ROOT, '.hydrant-tmp')))
  return paths.map((path) => {
    const [bucket = '', ...names] = path.slice(ROOT.length + 1).split('/')
    const body = disk.contentOf(path)
    const encoding = body.subarray(0, 2).equals(GZIP_MAGIC) ? 'GZIP' : 'UNCOMPRESSED'
    return { bucket, key: names.join('/'), encoding, body, puts: 1 }
  })
}

function newStores(platform: SimulatedPlatform): ObjectStores {
  const objectStore = { kind: 'directory', path: ROOT, createBuckets: true } as const
  return new ObjectStores({ objectStore, buckets: new Map(), platform })
}
