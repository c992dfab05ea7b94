/** What a delivery stream is, in our own terms: the wire was parsed and checked before it got here. */

import type { JsonObject } from '../json.ts'
import type { PartitionId } from '../record.ts'

/** The five statuses of the API. Ours is ACTIVE at once; DELETING lasts until its files are gone. */
export type StreamStatus = 'CREATING' | 'CREATING_FAILED' | 'ACTIVE' | 'DELETING' | 'DELETING_FAILED'

export type EncryptionStatus =
  | 'ENABLED'
  | 'ENABLING'
  | 'ENABLING_FAILED'
  | 'DISABLED'
  | 'DISABLING'
  | 'DISABLING_FAILED'

export type KeyType = 'AWS_OWNED_CMK' | 'CUSTOMER_MANAGED_CMK'

export type CompressionFormat = 'UNCOMPRESSED' | 'GZIP' | 'ZIP' | 'Snappy' | 'HADOOP_SNAPPY'

/** A buffer is closed at its size (before compression) or its age, whichever comes first. */
export interface Buffering {
  readonly sizeBytes: number
  readonly intervalMs: number
}

/** One S3 block of the API: a destination, or a backup. */
export interface S3Settings {
  readonly bucket: string
  readonly prefix: string
  readonly errorOutputPrefix: string
  readonly buffering: Buffering
  readonly compression: CompressionFormat
  /** ARN for `aws:kms`; absent means no encryption header. */
  readonly kmsKeyArn?: string
  /** Replaces the extension of the compression format when not empty. */
  readonly fileExtension: string
  /** IANA id; `UTC` by default. */
  readonly timeZone: string
  /** Whether CloudWatchLoggingOptions is on: error records are logged under these names. */
  readonly errorLog?: { readonly group: string; readonly stream: string }
}

/** All that delivery needs to know of a stream, as of one version. */
export interface DeliverySettings {
  readonly streamName: string
  readonly streamArn: string
  readonly versionId: number
  readonly primary: S3Settings
  /** Source backup: every incoming record as it came. */
  readonly backup?: S3Settings
}

export interface StreamEncryption {
  readonly status: EncryptionStatus
  readonly keyType?: KeyType
  readonly keyArn?: string
  readonly failure?: { readonly type: string; readonly details: string }
}

export interface DeliveryStream {
  readonly name: string
  readonly arn: string
  readonly status: StreamStatus
  readonly type: 'DirectPut'
  /** 1 at creation, one more for each update that changes something. */
  readonly versionId: number
  readonly createdAtMs: number
  /** Absent until the first update that changed something. */
  readonly updatedAtMs?: number
  readonly partitions: readonly PartitionId[]
  readonly encryption: StreamEncryption
  /** Values by key; a tag may have no value. */
  readonly tags: ReadonlyMap<string, string | undefined>
  /** The destination block in the API's extended form, defaults filled in: what Describe shows and updates merge into. */
  readonly destination: JsonObject
  /** DirectPutSourceConfiguration, when one was given. */
  readonly directPutSource?: JsonObject
  readonly delivery: DeliverySettings
}
