/**
 * Object storage that speaks S3, through the AWS SDK. Each call makes one try; the delivery loop owns retries. After a
 * try whose answer was lost, the next one writes the same key again and replaces what may be there.
 */

import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3'
import type { Body } from '../../formats/body.ts'
import type { ObjectHeaders, ObjectStore } from './object-store.ts'
import { connect, type EndpointSettings, type S3Connection } from './s3-connection.ts'
import { deliveryError, noSuchBucket, notS3, statusOf, toDeliveryError } from './s3-errors.ts'
import { type ObjectInput, putByParts } from './s3-multipart-upload.ts'
import { readPayload } from './s3-payload.ts'
import { S3Try } from './s3-try.ts'

/** @see S3 API reference, AbortMultipartUpload: it may take several */
const ABORT_ROUNDS_MAX = 3

export class S3ObjectStore implements ObjectStore {
  readonly #settings: EndpointSettings
  #connection: Promise<S3Connection> | undefined
  #isClosed = false
  /** Objects of which a try by parts failed: an upload may be left that the server could not be told to abort. */
  readonly #unfinished = new Set<string>()

  constructor(settings: EndpointSettings) {
    this.#settings = settings
  }

  put(bucket: string, key: string, body: Body, headers: ObjectHeaders, signal: AbortSignal): Promise<void> {
    return this.#try(signal, async (one) => {
      const input = { Bucket: bucket, Key: key, ...this.#inputFrom(headers) }
      if (body.length > this.#settings.partBytes) await this.#putByParts(one, input, body)
      else await putWhole(one, input, body)
    })
  }

  head(bucket: string, key: string, signal: AbortSignal): Promise<number | undefined> {
    return this.#try(signal, async (one) => {
      const { sdk, client, options } = one
      try {
        const answer = await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: key }), options)
        // What answers 200 to anything has no tag of the object.
        if (!answer.ETag) throw notS3('it has no ETag')
        return answer.ContentLength ?? 0
      } catch (error) {
        if (statusOf(error) !== 404) throw error
        // An answer to HEAD has no body that says what is missing, and without its bucket nothing is known of an object.
        await headBucket(one, bucket)
        return undefined
      }
    })
  }

  abortUnfinished(bucket: string, key: string, signal: AbortSignal): Promise<void> {
    return this.#try(signal, (one) => abortUploads(one, bucket, key))
  }

  check(bucket: string, signal: AbortSignal): Promise<void> {
    return this.#try(signal, (one) => headBucket(one, bucket))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const connection = await this.#connection?.catch(() => undefined)
    connection?.client.destroy()
  }

  async #putByParts(one: S3Try, input: ObjectInput, body: Body): Promise<void> {
    const name = `${input.Bucket}/${input.Key}`
    const isRepeated = this.#unfinished.has(name)
    // Noted before the first request: its answer may be lost, and with it the id of the upload.
    this.#unfinished.add(name)
    await putByParts(one, input, body, this.#settings.partBytes)
    this.#unfinished.delete(name)
    if (isRepeated) await abortUploads(one, input.Bucket, input.Key).catch(() => undefined)
  }

  #inputFrom(headers: ObjectHeaders): Omit<ObjectInput, 'Bucket' | 'Key'> {
    return {
      ContentType: headers.contentType,
      ...(headers.contentEncoding === undefined ? {} : { ContentEncoding: headers.contentEncoding }),
      ...(headers.kmsKeyArn === undefined
        ? {}
        : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: headers.kmsKeyArn }),
      ...(this.#settings.sendAcl ? { ACL: 'bucket-owner-full-control' } : {}),
    }
  }

  async #try<T>(signal: AbortSignal, action: (one: S3Try) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw deliveryError('InternalError', 'The connection to S3 is closed.')
    this.#connection ??= connect(this.#settings)
    try {
      const one = new S3Try(await this.#connection, this.#settings)
      return await one.run(signal, () => action(one))
    } catch (error) {
      throw toDeliveryError(error)
    }
  }
}

async function putWhole(one: S3Try, input: ObjectInput, body: Body): Promise<void> {
  const payload = await readPayload(body)
  const command = new one.sdk.PutObjectCommand({ ...input, ...one.uploadInput(payload) })
  const { ETag } = await one.client.send(command, one.options)
  if (!ETag) throw notS3('it has no ETag')
}

async function headBucket({ sdk, client, options }: S3Try, Bucket: string): Promise<void> {
  try {
    await client.send(new sdk.HeadBucketCommand({ Bucket }), options)
  } catch (error) {
    throw statusOf(error) === 404 ? noSuchBucket() : error
  }
}

/** Ends when none is listed any more: a part that was under way can outlive its upload. */
async function abortUploads(one: S3Try, Bucket: string, Key: string): Promise<void> {
  const { sdk, client, options } = one
  for (let round = 0; round < ABORT_ROUNDS_MAX; round++) {
    const ids = await findUploads(one, Bucket, Key)
    if (ids.length === 0) return
    for (const UploadId of ids) {
      try {
        await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId }), options)
      } catch (error) {
        if (!(error instanceof sdk.NoSuchUpload)) throw error
      }
    }
  }
  throw deliveryError('InternalError', 'Uploads that were aborted are still there. Delivery will be retried.')
}

/** Ids of the unfinished uploads of exactly this key. */
async function findUploads(one: S3Try, Bucket: string, key: string): Promise<readonly string[]> {
  const { sdk, client, options } = one
  const ids: string[] = []
  let from: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {}
  while (from !== undefined) {
    const list = new sdk.ListMultipartUploadsCommand({ Bucket, Prefix: key, ...from })
    const page: ListMultipartUploadsCommandOutput = await client.send(list, options)
    if (page.Bucket === undefined && page.IsTruncated === undefined) throw notS3('it lists no uploads')
    for (const { Key, UploadId } of page.Uploads ?? []) {
      if (Key === key && UploadId !== undefined) ids.push(UploadId)
    }
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page
    from = page.IsTruncated && KeyMarker && UploadIdMarker ? { KeyMarker, UploadIdMarker } : undefined
  }
  return ids
}
