import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../json.ts'
import { mergeDestination } from './merge.ts'
import { withExtendedDefaults } from './s3-block.ts'
import { BUCKET, ROLE, refusalOf, S3_BLOCK } from './testing.ts'

const OTHER_BUCKET = 'arn:aws:s3:::other'
const KMS = { KMSEncryptionConfig: { AWSKMSKeyARN: 'arn:aws:kms:us-east-1:123456789012:key/k' } }
const backup = (more: JsonObject = {}) => withExtendedDefaults({ ...S3_BLOCK, ...more })
const plainBackup = {
  ...S3_BLOCK,
  BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
  CompressionFormat: 'UNCOMPRESSED',
  EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
  CloudWatchLoggingOptions: { Enabled: false },
}

/** Title, what is stored beside the defaults, the update, the members that change. */
const merges: readonly (readonly [string, JsonObject, JsonObject, JsonObject])[] = [
  ['nothing', {}, {}, {}],
  ['a member that is given replaces', { Prefix: 'a/' }, { Prefix: 'b/' }, { Prefix: 'b/' }],
  ['an empty text replaces', { Prefix: 'a/' }, { Prefix: '' }, { Prefix: '' }],
  ['the bucket', {}, { BucketARN: OTHER_BUCKET }, { BucketARN: OTHER_BUCKET }],
  [
    'one buffering hint keeps the other',
    {},
    { BufferingHints: { SizeInMBs: 9 } },
    { BufferingHints: { SizeInMBs: 9, IntervalInSeconds: 300 } },
  ],
  [
    'the other buffering hint',
    {},
    { BufferingHints: { IntervalInSeconds: 0 } },
    { BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 0 } },
  ],
  [
    'logging member by member',
    { CloudWatchLoggingOptions: { Enabled: true, LogGroupName: 'g', LogStreamName: 's' } },
    { CloudWatchLoggingOptions: { LogStreamName: 't' } },
    { CloudWatchLoggingOptions: { Enabled: true, LogGroupName: 'g', LogStreamName: 't' } },
  ],
  [
    'encryption as a unit',
    { EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' } },
    { EncryptionConfiguration: KMS },
    { EncryptionConfiguration: KMS },
  ],
  [
    'processors as a unit; Enabled stays when it is absent',
    { ProcessingConfiguration: { Enabled: false, Processors: [] } },
    { ProcessingConfiguration: {} },
    { ProcessingConfiguration: { Enabled: false } },
  ],
  [
    'format conversion down to the members of the schema; Enabled is on when it is absent',
    {
      DataFormatConversionConfiguration: {
        Enabled: false,
        SchemaConfiguration: { DatabaseName: 'd', TableName: 't' },
        InputFormatConfiguration: { Deserializer: {} },
      },
    },
    { DataFormatConversionConfiguration: { SchemaConfiguration: { TableName: 'u' } } },
    {
      DataFormatConversionConfiguration: {
        Enabled: true,
        SchemaConfiguration: { DatabaseName: 'd', TableName: 'u' },
        InputFormatConfiguration: { Deserializer: {} },
      },
    },
  ],
  [
    'the first backup gets defaults, also beside one hint',
    {},
    { S3BackupMode: 'Enabled', S3BackupUpdate: { ...S3_BLOCK, BufferingHints: { SizeInMBs: 9 } } },
    {
      S3BackupMode: 'Enabled',
      S3BackupConfiguration: { ...plainBackup, BufferingHints: { SizeInMBs: 9, IntervalInSeconds: 300 } },
    },
  ],
  [
    'a backup that is there is merged like the destination',
    { S3BackupMode: 'Enabled', S3BackupConfiguration: plainBackup },
    { S3BackupUpdate: { Prefix: 'p/', BufferingHints: { IntervalInSeconds: 60 } } },
    {
      S3BackupMode: 'Enabled',
      S3BackupConfiguration: {
        ...plainBackup,
        Prefix: 'p/',
        BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 60 },
      },
    },
  ],
]

for (const [title, stored, update, changes] of merges) {
  test(title, () => {
    const before = backup(stored)
    assert.deepEqual(mergeDestination(before, update), { ...before, ...changes })
    assert.equal('S3BackupUpdate' in mergeDestination(before, update), false)
  })
}

/** What is stored, the update, the refusal. */
const refusals: readonly (readonly [JsonObject, JsonObject, string])[] = [
  [
    { S3BackupMode: 'Enabled', S3BackupConfiguration: S3_BLOCK },
    { S3BackupMode: 'Disabled' },
    'Disabling S3 backup is not currently supported.',
  ],
  [
    {},
    { S3BackupMode: 'Enabled', S3BackupUpdate: { BucketARN: BUCKET } },
    'S3BackupUpdate must have RoleARN, because the stream has no S3 backup yet.',
  ],
  [
    {},
    { S3BackupMode: 'Enabled', S3BackupUpdate: { RoleARN: ROLE } },
    'S3BackupUpdate must have BucketARN, because the stream has no S3 backup yet.',
  ],
  [
    {},
    { DynamicPartitioningConfiguration: { Enabled: true } },
    'Dynamic partitioning can only be enabled when a delivery stream is created, and not be disabled.',
  ],
  [
    { DynamicPartitioningConfiguration: { Enabled: true } },
    { DynamicPartitioningConfiguration: { Enabled: false } },
    'Dynamic partitioning can only be enabled when a delivery stream is created, and not be disabled.',
  ],
]

for (const [stored, update, message] of refusals) {
  test(message, () => {
    assert.equal(
      refusalOf(() => mergeDestination(backup(stored), update)),
      `InvalidArgumentException: ${message}`,
    )
  })
}

test('an update that was made changes nothing when it is made again', () => {
  const hint = fc.integer({ min: 1, max: 128 })
  const block = fc.record(
    {
      Prefix: fc.string({ maxLength: 5 }),
      CompressionFormat: fc.constantFrom('GZIP', 'ZIP'),
      BufferingHints: fc.record(
        { SizeInMBs: hint, IntervalInSeconds: hint },
        { requiredKeys: [], noNullPrototype: true },
      ),
      CloudWatchLoggingOptions: fc.record(
        { Enabled: fc.boolean(), LogGroupName: fc.string() },
        { requiredKeys: [], noNullPrototype: true },
      ),
      ProcessingConfiguration: fc.record(
        { Enabled: fc.boolean() },
        { requiredKeys: [], noNullPrototype: true },
      ),
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  fc.assert(
    fc.property(block, block, (stored, update) => {
      const once = mergeDestination(backup(stored as JsonObject), update as JsonObject)
      assert.deepEqual(mergeDestination(once, update as JsonObject), once)
    }),
  )
})
