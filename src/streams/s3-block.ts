/** The S3 blocks of the API: defaults that AWS fills in, rules the model does not hold, and our settings made of them. */

import { checkPrefixes, checkTimeZone } from '../destinations/s3/prefix.ts'
import { ApiError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { CompressionFormat, S3Settings } from './delivery-stream.ts'

const MEBIBYTE = 1_048_576
const DEFAULT_SIZE_MB = 5
const DEFAULT_INTERVAL_SECONDS = 300
const BACKUP_INTERVAL_SECONDS_MIN = 60

/** Members of the basic form, in the order in which Describe shows them. */
export const BASIC_MEMBERS = [
  'RoleARN',
  'BucketARN',
  'Prefix',
  'ErrorOutputPrefix',
  'BufferingHints',
  'CompressionFormat',
  'EncryptionConfiguration',
  'CloudWatchLoggingOptions',
] as const

/** Members that only the extended form has. */
export const EXTENDED_MEMBERS = [
  'FileExtension',
  'CustomTimeZone',
  'ProcessingConfiguration',
  'S3BackupMode',
  'S3BackupConfiguration',
  'DataFormatConversionConfiguration',
  'DynamicPartitioningConfiguration',
] as const

/** @see Firehose API reference, S3DestinationConfiguration: the defaults that Describe shows */
export function withDefaults(block: JsonObject): JsonObject {
  return {
    ...block,
    BufferingHints: {
      SizeInMBs: DEFAULT_SIZE_MB,
      IntervalInSeconds: DEFAULT_INTERVAL_SECONDS,
      ...object(block['BufferingHints']),
    },
    CompressionFormat: block['CompressionFormat'] ?? 'UNCOMPRESSED',
    EncryptionConfiguration: block['EncryptionConfiguration'] ?? { NoEncryptionConfig: 'NoEncryption' },
    CloudWatchLoggingOptions: { Enabled: false, ...object(block['CloudWatchLoggingOptions']) },
  }
}

export function withExtendedDefaults(block: JsonObject): JsonObject {
  const backup = block['S3BackupConfiguration']
  return {
    ...withDefaults(block),
    S3BackupMode: block['S3BackupMode'] ?? 'Disabled',
    ...(isJsonObject(backup) ? { S3BackupConfiguration: withDefaults(backup) } : {}),
  }
}

/** @throws {ApiError} InvalidArgumentException, with AWS's sentences where they are known */
export function checkS3Block(block: JsonObject): void {
  const hints = object(block['BufferingHints'])
  if ('SizeInMBs' in hints !== 'IntervalInSeconds' in hints) {
    throw refused(
      'If you specify a value for SizeInMBs, you must also specify a value for IntervalInSeconds, and vice versa.',
    )
  }
  const encryption = block['EncryptionConfiguration']
  if (
    isJsonObject(encryption) &&
    'NoEncryptionConfig' in encryption === 'KMSEncryptionConfig' in encryption
  ) {
    throw refused(
      'EncryptionConfiguration must have exactly one of NoEncryptionConfig and KMSEncryptionConfig.',
    )
  }
  const prefixes = checkPrefixes(text(block['Prefix']), text(block['ErrorOutputPrefix']), {
    dynamicPartitioning: false,
  })
  if (prefixes !== undefined) throw refused(prefixes)
  const zone = checkTimeZone(text(block['CustomTimeZone']))
  if (zone !== undefined) throw refused(zone)
}

/** @throws {ApiError} InvalidArgumentException */
export function checkExtendedBlock(block: JsonObject): void {
  checkS3Block(block)
  const backup = block['S3BackupConfiguration']
  if (block['S3BackupMode'] === 'Enabled' && backup === undefined) {
    throw refused('S3BackupConfiguration must be specified when S3BackupMode is Enabled.')
  }
  if (!isJsonObject(backup)) return
  checkS3Block(backup)
  const interval = object(backup['BufferingHints'])['IntervalInSeconds']
  if (typeof interval === 'number' && interval < BACKUP_INTERVAL_SECONDS_MIN) {
    throw refused('BufferingHints.IntervalInSeconds of S3BackupConfiguration must be at least 60 seconds.')
  }
}

/** @param block  checked, with its defaults */
export function s3Settings(block: JsonObject): S3Settings {
  const hints = object(block['BufferingHints'])
  const kms = object(object(block['EncryptionConfiguration'])['KMSEncryptionConfig'])
  const logging = object(block['CloudWatchLoggingOptions'])
  return {
    bucket: bucketOf(text(block['BucketARN'])),
    prefix: text(block['Prefix']),
    errorOutputPrefix: text(block['ErrorOutputPrefix']),
    buffering: {
      sizeBytes: number(hints['SizeInMBs'], DEFAULT_SIZE_MB) * MEBIBYTE,
      intervalMs: number(hints['IntervalInSeconds'], DEFAULT_INTERVAL_SECONDS) * 1000,
    },
    // The model's enum was checked when the block came in.
    compression: text(block['CompressionFormat']) as CompressionFormat,
    ...('AWSKMSKeyARN' in kms ? { kmsKeyArn: text(kms['AWSKMSKeyARN']) } : {}),
    fileExtension: text(block['FileExtension']),
    timeZone: text(block['CustomTimeZone']) || 'UTC',
    ...(logging['Enabled'] === true
      ? { errorLog: { group: text(logging['LogGroupName']), stream: text(logging['LogStreamName']) } }
      : {}),
  }
}

function bucketOf(arn: string): string {
  return arn.slice(arn.indexOf(':s3:::') + ':s3:::'.length)
}

function refused(message: string): ApiError {
  return new ApiError('InvalidArgumentException', message)
}

function object(value: JsonObject[string]): JsonObject {
  return isJsonObject(value) ? value : {}
}

function text(value: JsonObject[string]): string {
  return typeof value === 'string' ? value : ''
}

function number(value: JsonObject[string], otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}
