/**
 * Object storage that speaks S3, through the AWS SDK. The SDK makes one try; the delivery loop owns retries.
 * The SDK is loaded with the first use, so that a server that needs none of it starts fast and stays small.
 */

import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3'
import type { ObjectStoreSettings } from '../../config/config.ts'
import { DeliveryError } from '../../errors.ts'
import type { Body } from '../../formats/body.ts'
import type { ObjectHeaders, ObjectStore } from './object-store.ts'
import { statusOf, toDeliveryError } from './s3-errors.ts'

type Sdk = typeof import('@aws-sdk/client-s3')
type Settings = Extract<ObjectStoreSettings, { kind: 'endpoint' }>

const SOCKETS_MAX = 256

export class S3ObjectStore implements ObjectStore {
  readonly #settings: Settings
  #connection: Promise<{ readonly sdk: Sdk; readonly client: S3Client }> | undefined

  constructor(settings: Settings) {
    this.#settings = settings
  }

  put(bucket: string, key: string, body: Body, headers: ObjectHeaders, signal: AbortSignal): Promise<void> {
    return this.#call(async (sdk, client) => {
      const input = { Bucket: bucket, Key: key, ...this.#objectHeaders(headers) }
      if (body.length > this.#settings.partBytes) {
        await this.#putParts(sdk, client, input, body, signal)
        return
      }
      const Body = await collect(body, 0, body.length)
      const answer = await client.send(new sdk.PutObjectCommand({ ...input, Body }), { abortSignal: signal })
      // A proxy that answers 200 with a page of its own is not S3: every S3 names the object's tag.
      requireTag(answer.ETag)
    })
  }

  head(bucket: string, key: string, signal: AbortSignal): Promise<number | undefined> {
    return this.#call(async (sdk, client) => {
      try {
        const answer = await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: key }), {
          abortSignal: signal,
        })
        requireTag(answer.ETag)
        return answer.ContentLength ?? 0
      } catch (error) {
        if (statusOf(error) !== 404) throw error
        // An answer to HEAD has no body that says what is missing. Without the bucket nothing is known of the object.
        await this.#headBucket(sdk, client, bucket, signal)
        return undefined
      }
    })
  }

  abortUnfinished(bucket: string, key: string, signal: AbortSignal): Promise<void> {
    return this.#call(async (sdk, client) => {
      const options = { abortSignal: signal }
      const list = new sdk.ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key })
      const { Uploads = [] } = await client.send(list, options)
      for (const { Key, UploadId } of Uploads) {
        if (Key !== key) continue
        await client.send(new sdk.AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }), options)
      }
    })
  }

  check(bucket: string, signal: AbortSignal): Promise<void> {
    return this.#call((sdk, client) => this.#headBucket(sdk, client, bucket, signal))
  }

  async close(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    ;(await connection)?.client.destroy()
  }

  async #headBucket(sdk: Sdk, client: S3Client, bucket: string, signal: AbortSignal): Promise<void> {
    try {
      await client.send(new sdk.HeadBucketCommand({ Bucket: bucket }), { abortSignal: signal })
    } catch (error) {
      if (statusOf(error) !== 404) throw error
      throw Object.assign(new Error('no such bucket'), { name: 'NoSuchBucket' })
    }
  }

  async #putParts(
    sdk: Sdk,
    client: S3Client,
    input: Pick<PutObjectCommandInput, 'Bucket' | 'Key'>,
    body: Body,
    signal: AbortSignal,
  ): Promise<void> {
    const options = { abortSignal: signal }
    const { Bucket, Key } = input
    const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(input), options)
    if (UploadId === undefined) throw new Error('CreateMultipartUpload answered without an upload id')
    try {
      const parts: { PartNumber: number; ETag: string | undefined }[] = []
      for (let from = 0; from < body.length; from += this.#settings.partBytes) {
        const PartNumber = parts.length + 1
        const Body = await collect(body, from, Math.min(body.length, from + this.#settings.partBytes))
        const part = new sdk.UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body })
        const { ETag } = await client.send(part, options)
        requireTag(ETag)
        parts.push({ PartNumber, ETag })
      }
      const complete = { Bucket, Key, UploadId, MultipartUpload: { Parts: parts } }
      // S3 may answer 200 and tell of a failure in the body.
      requireTag((await client.send(new sdk.CompleteMultipartUploadCommand(complete), options)).ETag)
    } catch (error) {
      // Without the signal: it may be what ended the upload.
      await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => undefined)
      throw error
    }
  }

  #objectHeaders(headers: ObjectHeaders): Partial<PutObjectCommandInput> {
    return {
      ContentType: headers.contentType,
      ...(headers.contentEncoding === undefined ? {} : { ContentEncoding: headers.contentEncoding }),
      ...(headers.kmsKeyArn === undefined
        ? {}
        : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: headers.kmsKeyArn }),
      ...(this.#settings.sendAcl ? { ACL: 'bucket-owner-full-control' } : {}),
    }
  }

  async #call<T>(action: (sdk: Sdk, client: S3Client) => Promise<T>): Promise<T> {
    this.#connection ??= connect(this.#settings)
    try {
      const { sdk, client } = await this.#connection
      return await action(sdk, client)
    } catch (error) {
      throw toDeliveryError(error)
    }
  }
}

async function connect(settings: Settings): Promise<{ sdk: Sdk; client: S3Client }> {
  const sdk = await import('@aws-sdk/client-s3')
  const { endpoint, region, credentials, forcePathStyle, requestChecksums } = settings
  const client = new sdk.S3Client({
    region,
    forcePathStyle,
    maxAttempts: 1,
    requestChecksumCalculation: requestChecksums,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    requestHandler: {
      connectionTimeout: settings.connectTimeoutMs,
      requestTimeout: settings.requestTimeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: settings.requestTimeoutMs,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
    },
  })
  return { sdk, client }
}

function requireTag(tag: string | undefined): void {
  if (tag !== undefined && tag !== '') return
  throw new DeliveryError(
    'InternalError',
    'The answer is not one of S3: it has no ETag. Delivery will be retried.',
    {
      retryable: true,
    },
  )
}

async function collect(body: Body, from: number, to: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(to - from)
  let at = 0
  for await (const chunk of body.read(from, to)) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
