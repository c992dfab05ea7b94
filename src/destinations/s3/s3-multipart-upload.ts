/** An upload by parts: created, sent two parts at a time, completed; or aborted, so that no parts are left to pay for. */

import type { CompletedPart } from '@aws-sdk/client-s3'
import type { Body } from '../../formats/body.ts'
import { notS3 } from './s3-errors.ts'
import { readPayload } from './s3-payload.ts'
import type { S3Try } from './s3-try.ts'

/** One part is hashed while another is sent. */
const PARTS_AT_ONCE = 2
/** @see S3 User Guide, "Amazon S3 multipart upload limits" */
const PARTS_MAX = 10_000
/** A server that is asked to abort may be the one that does not answer. */
const ABORT_MS = 5000

/** What is said of an object, in S3's words. */
export interface ObjectInput {
  readonly Bucket: string
  readonly Key: string
  readonly ContentType: string
  readonly ContentEncoding?: string
  readonly ServerSideEncryption?: 'aws:kms'
  readonly SSEKMSKeyId?: string
  readonly ACL?: 'bucket-owner-full-control'
}

/** @throws when the object is not known to be there; then its parts are gone, or the server could not be told */
export async function putByParts(
  one: S3Try,
  input: ObjectInput,
  body: Body,
  partBytes: number,
): Promise<void> {
  const { sdk, client, options } = one
  const { UploadId } = await client.send(
    new sdk.CreateMultipartUploadCommand({ ...input, ...one.multipartChecksum }),
    options,
  )
  if (!UploadId) throw notS3('it has no upload id')
  const upload = { Bucket: input.Bucket, Key: input.Key, UploadId }
  try {
    const Parts = await putParts(one, upload, body, Math.max(partBytes, Math.ceil(body.length / PARTS_MAX)))
    const complete = new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } })
    const { ETag } = await client.send(complete, options)
    if (!ETag) throw notS3('it has no ETag')
  } catch (error) {
    one.end(error)
    const abort = new sdk.AbortMultipartUploadCommand(upload)
    await client.send(abort, { abortSignal: AbortSignal.timeout(ABORT_MS) }).catch(() => undefined)
    throw error
  }
}

interface Upload {
  readonly Bucket: string
  readonly Key: string
  readonly UploadId: string
}

async function putParts(one: S3Try, upload: Upload, body: Body, partBytes: number): Promise<CompletedPart[]> {
  const parts: CompletedPart[] = []
  let next = 0
  const putNext = async () => {
    while (next * partBytes < body.length) {
      const index = next++
      const from = index * partBytes
      const to = Math.min(body.length, from + partBytes)
      parts[index] = await putPart(one, { ...upload, PartNumber: index + 1 }, body, from, to)
    }
  }
  const lanes = Array.from({ length: PARTS_AT_ONCE }, () =>
    putNext().catch((error: unknown) => {
      one.end(error)
      throw error
    }),
  )
  await Promise.allSettled(lanes)
  await Promise.all(lanes)
  return parts
}

async function putPart(
  one: S3Try,
  part: Upload & { readonly PartNumber: number },
  body: Body,
  from: number,
  to: number,
): Promise<CompletedPart> {
  const payload = await readPayload(body, from, to)
  const { ChecksumCRC32, ...input } = one.uploadInput(payload)
  const checksum = ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }
  const command = new one.sdk.UploadPartCommand({ ...part, ...input, ...checksum })
  const { ETag } = await one.client.send(command, one.options)
  if (!ETag) throw notS3('it has no ETag')
  return { PartNumber: part.PartNumber, ETag, ...checksum }
}
