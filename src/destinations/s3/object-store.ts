/** The few things Hydrant needs of object storage. `S3ObjectStore` and `DirectoryObjectStore` provide them. */

import type { Body } from '../../formats/body.ts'

export interface ObjectHeaders {
  readonly contentType: string
  readonly contentEncoding?: string
  /** `aws:kms` with this key when present. */
  readonly kmsKeyArn?: string
}

export interface ObjectStore {
  /**
   * Writes the object whole or not at all; the same key again replaces it.
   * @throws {DeliveryError} with the guide's S3 codes (`S3.NoSuchBucket`, `S3.AccessDenied`, `S3.SlowDown`, …)
   */
  put(bucket: string, key: string, body: Body, headers: ObjectHeaders, signal: AbortSignal): Promise<void>
  /** Size of the object in bytes; undefined when it is not there. */
  head(bucket: string, key: string, signal: AbortSignal): Promise<number | undefined>
  /** Ends what unfinished writes of this key left behind: multipart uploads, temporary files. */
  abortUnfinished(bucket: string, key: string, signal: AbortSignal): Promise<void>
  /** Tries the bucket and the credentials without writing. */
  check(bucket: string, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}
