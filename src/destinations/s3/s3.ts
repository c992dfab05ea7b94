/** The S3 destination, and the source backup: sealed bodies become objects. */

import assert from 'node:assert/strict'
import type { BodyEncoder } from '../../formats/body.ts'
import { newBodyEncoder } from '../../formats/index.ts'
import type { Chance } from '../../platform.ts'
import type { CompressionFormat, DeliverySettings, S3Settings } from '../../streams/delivery-stream.ts'
import type { Batch, BatchIdentity, Destination } from '../destination.ts'
import { contentEncodingOf, objectKey } from './object-key.ts'
import type { ObjectStores } from './object-stores.ts'

export interface S3DestinationOptions {
  readonly settings: DeliverySettings
  readonly lane: 'primary' | 'backup'
  readonly stores: Pick<ObjectStores, 'storeOf'>
  readonly gzipLevel: number
  readonly chance: Chance
}

export class S3Destination implements Destination {
  readonly #options: S3DestinationOptions
  readonly #s3: S3Settings

  constructor(options: S3DestinationOptions) {
    this.#options = options
    const settings = options.lane === 'backup' ? options.settings.backup : options.settings.primary
    assert(settings !== undefined, 'only a stream with a backup has a backup lane')
    this.#s3 = settings
  }

  get encoding(): string {
    return this.#s3.compression
  }

  locate(oldestMs: number): { readonly bucket: string; readonly key: string } {
    const { settings, chance } = this.#options
    const { streamName, versionId } = settings
    return {
      bucket: this.#s3.bucket,
      key: objectKey({ settings: this.#s3, streamName, versionId, oldestMs, chance }),
    }
  }

  newEncoder(encoding: string): BodyEncoder {
    const { gzipLevel, chance } = this.#options
    return newBodyEncoder(encoding as CompressionFormat, { gzipLevel, uuid: () => chance.uuid() })
  }

  async deliver({ bucket, key, encoding, body }: Batch, signal: AbortSignal): Promise<void> {
    const contentEncoding = contentEncodingOf(encoding as CompressionFormat)
    const headers = {
      contentType: 'application/octet-stream',
      ...(contentEncoding === undefined ? {} : { contentEncoding }),
      ...(this.#s3.kmsKeyArn === undefined ? {} : { kmsKeyArn: this.#s3.kmsKeyArn }),
    }
    await this.#options.stores.storeOf(bucket).put(bucket, key, body, headers, signal)
  }

  async arrived({ bucket, key }: BatchIdentity, signal: AbortSignal): Promise<boolean> {
    const store = this.#options.stores.storeOf(bucket)
    if ((await store.head(bucket, key, signal)) !== undefined) return true
    await store.abortUnfinished(bucket, key, signal)
    return false
  }

  async check(signal: AbortSignal): Promise<void> {
    await this.#options.stores.storeOf(this.#s3.bucket).check(this.#s3.bucket, signal)
  }

  /** The stores are shared with other streams, and closed by their owner. */
  async close(): Promise<void> {}
}
