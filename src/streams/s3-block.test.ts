import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shapeNamed } from '../api/model/model.ts'
import type { JsonObject } from '../json.ts'
import {
  BASIC_MEMBERS,
  checkExtendedBlock,
  EXTENDED_MEMBERS,
  s3Settings,
  withExtendedDefaults,
} from './s3-block.ts'
import { refusalOf, S3_BLOCK } from './testing.ts'

const PREFIXES = 'Ths supplied prefix(es) do not satisfy the following constraint:'

test('the members are those of the model', () => {
  const members = (shape: string) => Object.keys(shapeNamed(shape).members ?? {}).sort()
  assert.deepEqual([...BASIC_MEMBERS].sort(), members('S3DestinationConfiguration'))
  assert.deepEqual(
    [...BASIC_MEMBERS, ...EXTENDED_MEMBERS].sort(),
    members('ExtendedS3DestinationConfiguration'),
  )
})

test('settings of the least block', () => {
  assert.deepEqual(s3Settings(withExtendedDefaults(S3_BLOCK)), {
    bucket: 'bucket',
    prefix: '',
    errorOutputPrefix: '',
    buffering: { sizeBytes: 5_242_880, intervalMs: 300_000 },
    compression: 'UNCOMPRESSED',
    fileExtension: '',
    timeZone: 'UTC',
  })
})

test('settings of a full block', () => {
  const kmsKeyArn = 'arn:aws:kms:us-east-1:123456789012:alias/objects'
  const block = {
    RoleARN: S3_BLOCK.RoleARN,
    BucketARN: 'arn:aws-cn:s3:::my.bucket-1',
    Prefix: 'data/',
    ErrorOutputPrefix: 'errors/',
    BufferingHints: { SizeInMBs: 128, IntervalInSeconds: 0 },
    CompressionFormat: 'GZIP',
    EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN: kmsKeyArn } },
    CloudWatchLoggingOptions: { Enabled: true, LogGroupName: 'group', LogStreamName: 'stream' },
    FileExtension: '.log.gz',
    CustomTimeZone: 'Europe/Berlin',
  }
  assert.deepEqual(s3Settings(withExtendedDefaults(block)), {
    bucket: 'my.bucket-1',
    prefix: 'data/',
    errorOutputPrefix: 'errors/',
    buffering: { sizeBytes: 134_217_728, intervalMs: 0 },
    compression: 'GZIP',
    kmsKeyArn,
    fileExtension: '.log.gz',
    timeZone: 'Europe/Berlin',
    errorLog: { group: 'group', stream: 'stream' },
  })
})

test('a backup has its own defaults', () => {
  const { S3BackupConfiguration } = withExtendedDefaults({ ...S3_BLOCK, S3BackupConfiguration: S3_BLOCK })
  assert.deepEqual(S3BackupConfiguration, {
    ...S3_BLOCK,
    BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
    CompressionFormat: 'UNCOMPRESSED',
    EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
    CloudWatchLoggingOptions: { Enabled: false },
  })
})

const HINTS =
  'If you specify a value for SizeInMBs, you must also specify a value for IntervalInSeconds, and vice versa.'
const EXACTLY_ONE =
  'EncryptionConfiguration must have exactly one of NoEncryptionConfig and KMSEncryptionConfig.'

/** Members beside role and bucket, and the refusal; undefined when they are accepted. */
const checks: readonly (readonly [JsonObject, string | undefined])[] = [
  [{}, undefined],
  [{ BufferingHints: {} }, undefined],
  [{ BufferingHints: { SizeInMBs: 5 } }, HINTS],
  [{ BufferingHints: { IntervalInSeconds: 5 } }, HINTS],
  [{ EncryptionConfiguration: {} }, EXACTLY_ONE],
  [
    {
      EncryptionConfiguration: {
        NoEncryptionConfig: 'NoEncryption',
        KMSEncryptionConfig: { AWSKMSKeyARN: 'arn' },
      },
    },
    EXACTLY_ONE,
  ],
  [
    { Prefix: '!{timestamp:yyyy}/' },
    `${PREFIXES} ErrorOutputPrefix cannot be null or empty when Prefix contains expressions`,
  ],
  [{ Prefix: '!{timestamp:yyyy}/', ErrorOutputPrefix: 'errors/' }, undefined],
  [
    { Prefix: '!{partitionKeyFromQuery:a}/', ErrorOutputPrefix: 'errors/' },
    'Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled.',
  ],
  [{ CustomTimeZone: 'Europe/Berlin' }, undefined],
  [{ CustomTimeZone: '' }, undefined],
  [
    { CustomTimeZone: 'Europe/Atlantis' },
    'CustomTimeZone Europe/Atlantis is not a time zone. Use UTC or an IANA name such as Europe/Berlin.',
  ],
  [{ S3BackupMode: 'Enabled' }, 'S3BackupConfiguration must be specified when S3BackupMode is Enabled.'],
  [
    {
      S3BackupMode: 'Enabled',
      S3BackupConfiguration: { ...S3_BLOCK, BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 59 } },
    },
    'BufferingHints.IntervalInSeconds of S3BackupConfiguration must be at least 60 seconds.',
  ],
  [
    {
      S3BackupMode: 'Enabled',
      S3BackupConfiguration: { ...S3_BLOCK, BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 60 } },
    },
    undefined,
  ],
  [{ S3BackupConfiguration: { ...S3_BLOCK, BufferingHints: { SizeInMBs: 5 } } }, HINTS],
]

for (const [members, message] of checks) {
  test(`${JSON.stringify(members)}: ${message ?? 'accepted'}`, () => {
    const refusal = refusalOf(() => checkExtendedBlock({ ...S3_BLOCK, ...members }))
    assert.equal(refusal, message === undefined ? 'accepted' : `InvalidArgumentException: ${message}`)
  })
}
