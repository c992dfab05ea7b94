import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ApiError } from '../../errors.ts'
import type { Json, JsonObject } from '../../json.ts'
import { validateInput } from './validate.ts'

const ROLE = 'arn:aws:iam::123456789012:role/firehose'
const BLOCK = { RoleARN: ROLE, BucketARN: 'arn:aws:s3:::bucket' }
const NAMED = { DeliveryStreamName: 'orders' }

function problem(operation: string, input: JsonObject, relaxPatterns = false): string {
  try {
    validateInput(operation, input, { relaxPatterns })
    return 'none'
  } catch (error) {
    return `${(error as ApiError).type}: ${(error as ApiError).message}`
  }
}

const extended = (block: JsonObject) => ({
  ...NAMED,
  ExtendedS3DestinationConfiguration: { ...BLOCK, ...block },
})

/** Title, operation, input, the violations. */
const cases: readonly (readonly [string, string, JsonObject, readonly (readonly [string, string])[]])[] = [
  ['a missing member', 'DescribeDeliveryStream', {}, [['deliveryStreamName', 'Member must not be null']]],
  [
    'an empty name: pattern, then length',
    'DescribeDeliveryStream',
    { DeliveryStreamName: '' },
    [
      ['deliveryStreamName', 'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+'],
      ['deliveryStreamName', 'Member must have length greater than or equal to 1'],
    ],
  ],
  [
    'a pattern holds for the whole string',
    'DescribeDeliveryStream',
    { DeliveryStreamName: 'orders!' },
    [['deliveryStreamName', 'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+']],
  ],
  [
    'a long name',
    'DescribeDeliveryStream',
    { DeliveryStreamName: 'x'.repeat(65) },
    [['deliveryStreamName', 'Member must have length less than or equal to 64']],
  ],
  [
    'members that are missing in a block',
    'CreateDeliveryStream',
    { ...NAMED, S3DestinationConfiguration: {} },
    [
      ['s3DestinationConfiguration.roleARN', 'Member must not be null'],
      ['s3DestinationConfiguration.bucketARN', 'Member must not be null'],
    ],
  ],
  [
    'numbers out of range',
    'CreateDeliveryStream',
    extended({ BufferingHints: { SizeInMBs: 129, IntervalInSeconds: -1 } }),
    [
      [
        'extendedS3DestinationConfiguration.bufferingHints.sizeInMBs',
        'Member must have value less than or equal to 128',
      ],
      [
        'extendedS3DestinationConfiguration.bufferingHints.intervalInSeconds',
        'Member must have value greater than or equal to 0',
      ],
    ],
  ],
  [
    'an enum as AWS prints it',
    'CreateDeliveryStream',
    extended({ CompressionFormat: 'SNAPPY' }),
    [
      [
        'extendedS3DestinationConfiguration.compressionFormat',
        'Member must satisfy enum value set: [ZIP, HADOOP_SNAPPY, Snappy, GZIP, UNCOMPRESSED]',
      ],
    ],
  ],
  [
    'an enum in the order of the model',
    'CreateDeliveryStream',
    { ...NAMED, DeliveryStreamType: 'Direct' },
    [
      [
        'deliveryStreamType',
        'Member must satisfy enum value set: [DirectPut, KinesisStreamAsSource, MSKAsSource, DatabaseAsSource]',
      ],
    ],
  ],
  [
    'a file extension',
    'CreateDeliveryStream',
    extended({ FileExtension: 'txt' }),
    [
      [
        'extendedS3DestinationConfiguration.fileExtension',
        "Member must satisfy regular expression pattern: ^(|\\.[0-9a-z!\\-_.*'()]+)$",
      ],
    ],
  ],
  [
    'entries of a list count from 1',
    'PutRecordBatch',
    { ...NAMED, Records: [{ Data: '' }, {}] },
    [['records.2.member.data', 'Member must not be null']],
  ],
  [
    'too few records',
    'PutRecordBatch',
    { ...NAMED, Records: [] },
    [['records', 'Member must have length greater than or equal to 1']],
  ],
  [
    'too many records',
    'PutRecordBatch',
    { ...NAMED, Records: Array.from({ length: 501 }, () => ({ Data: '' })) },
    [['records', 'Member must have length less than or equal to 500']],
  ],
  [
    'the length of a blob is that of its bytes',
    'PutRecord',
    { ...NAMED, Record: { Data: Buffer.alloc(1_024_001).toString('base64') } },
    [['record.data', 'Member must have length less than or equal to 1024000']],
  ],
  [
    'keys and values of a map',
    'CreateDeliveryStream',
    extended({
      DataFormatConversionConfiguration: {
        InputFormatConfiguration: {
          Deserializer: { OpenXJsonSerDe: { ColumnToJsonKeyMappings: { 'a b': ' ' } } },
        },
      },
    }),
    [
      [
        'extendedS3DestinationConfiguration.dataFormatConversionConfiguration.inputFormatConfiguration.deserializer.openXJsonSerDe.columnToJsonKeyMappings',
        'Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ^\\S+$]',
      ],
      [
        'extendedS3DestinationConfiguration.dataFormatConversionConfiguration.inputFormatConfiguration.deserializer.openXJsonSerDe.columnToJsonKeyMappings',
        'Map value must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ^(?!\\s*$).+]',
      ],
    ],
  ],
  [
    'format conversion in the order of AWS: serializer, schema, then processing',
    'CreateDeliveryStream',
    extended({
      ProcessingConfiguration: { Processors: [{ Type: 'NotLambda' }] },
      DataFormatConversionConfiguration: {
        SchemaConfiguration: { TableName: ' ', VersionId: ' ' },
        OutputFormatConfiguration: {
          Serializer: { ParquetSerDe: { BlockSizeBytes: 1, MaxPaddingBytes: -1 } },
        },
      },
    }),
    [
      [
        'extendedS3DestinationConfiguration.dataFormatConversionConfiguration.outputFormatConfiguration.serializer.parquetSerDe.maxPaddingBytes',
        'Member must have value greater than or equal to 0',
      ],
      [
        'extendedS3DestinationConfiguration.dataFormatConversionConfiguration.outputFormatConfiguration.serializer.parquetSerDe.blockSizeBytes',
        'Member must have value greater than or equal to 67108864',
      ],
      [
        'extendedS3DestinationConfiguration.dataFormatConversionConfiguration.schemaConfiguration.versionId',
        'Member must satisfy regular expression pattern: ^\\S+$',
      ],
      [
        'extendedS3DestinationConfiguration.dataFormatConversionConfiguration.schemaConfiguration.tableName',
        'Member must satisfy regular expression pattern: ^\\S+$',
      ],
      [
        'extendedS3DestinationConfiguration.processingConfiguration.processors.1.member.type',
        'Member must satisfy enum value set: [Decompression, Lambda, RecordDeAggregation, MetadataExtraction, AppendDelimiterToRecord, CloudWatchLogProcessing]',
      ],
    ],
  ],
  [
    'a tag key of AWS',
    'TagDeliveryStream',
    { ...NAMED, Tags: [{ Key: 'aws:x' }] },
    [
      [
        'tags.1.member.key',
        'Member must satisfy regular expression pattern: ^(?!aws:)[\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@%]*$',
      ],
    ],
  ],
]

for (const [title, operation, input, violations] of cases) {
  test(title, () => {
    const listed = violations
      .map(([path, constraint]) => `Value at '${path}' failed to satisfy constraint: ${constraint}`)
      .join('; ')
    const counted = violations.length === 1 ? '1 validation error' : `${violations.length} validation errors`
    assert.equal(problem(operation, input), `ValidationException: ${counted} detected: ${listed}`)
  })
}

test('at most ten violations are reported, of however many', () => {
  const Records = Array.from({ length: 400_000 }, () => ({}))
  const answer = problem('PutRecordBatch', { Records })
  assert.match(answer, /^ValidationException: 10 validation errors detected: /)
  assert.equal(answer.split('; ').length, 10)
})

test('a malformed role of a schema is reported before all else, by another error', () => {
  const input = extended({
    CompressionFormat: 'none',
    DataFormatConversionConfiguration: { SchemaConfiguration: { RoleARN: 'role' } },
  })
  assert.equal(problem('CreateDeliveryStream', input), 'InvalidParameterValueException: Invalid role ARN.')
  const empty = extended({ DataFormatConversionConfiguration: { SchemaConfiguration: { RoleARN: '' } } })
  assert.match(problem('CreateDeliveryStream', empty), /^ValidationException/)
})

test('the largest record and the largest batch pass', () => {
  const Data = Buffer.alloc(1_024_000).toString('base64')
  assert.equal(problem('PutRecord', { ...NAMED, Record: { Data } }), 'none')
  const Records = Array.from({ length: 500 }, () => ({ Data: 'YQ==' }))
  assert.equal(problem('PutRecordBatch', { ...NAMED, Records }), 'none')
})

test('tags may have letters of any script', () => {
  for (const Key of ['Straße', '日本', 'a b', 'k_.:/=+-@%', 'x']) {
    assert.equal(problem('TagDeliveryStream', { ...NAMED, Tags: [{ Key, Value: Key }] }), 'none', Key)
  }
})

test('patterns for AWS hosts and https hold by default and not when they are relaxed', () => {
  const url = (Url: string) => ({
    ...NAMED,
    HttpEndpointDestinationConfiguration: { EndpointConfiguration: { Url }, S3Configuration: BLOCK },
  })
  assert.match(
    problem('CreateDeliveryStream', url('http://collector:8080/')),
    /regular expression pattern: https:\/\/\.\*$/,
  )
  assert.equal(problem('CreateDeliveryStream', url('http://collector:8080/'), true), 'none')
  assert.match(problem('CreateDeliveryStream', url('ftp://collector/'), true), /pattern: https\?:\/\/\.\*$/)
})

test('what is valid stays as it is when it is validated again', () => {
  const text = fc.string({ maxLength: 12 })
  const block = fc.record(
    {
      Prefix: text,
      BufferingHints: fc.record({ SizeInMBs: fc.integer(), IntervalInSeconds: fc.integer() }),
      CompressionFormat: fc.constantFrom('GZIP', 'ZIP', 'gzip'),
      Unknown: text,
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(block, (given) => {
      const input = extended(given as JsonObject)
      if (problem('CreateDeliveryStream', input) !== 'none') return
      const valid = validateInput('CreateDeliveryStream', input)
      const inner = valid['ExtendedS3DestinationConfiguration'] as JsonObject
      assert.deepEqual(validateInput('CreateDeliveryStream', valid), valid)
      assert.equal('Unknown' in inner, false)
    }),
  )
})

test('a number is valid exactly when it lies within its bounds', () => {
  fc.assert(
    fc.property(fc.integer({ min: -10, max: 200 }), (SizeInMBs) => {
      const isValid = problem('CreateDeliveryStream', extended({ BufferingHints: { SizeInMBs } })) === 'none'
      assert.equal(isValid, SizeInMBs >= 1 && SizeInMBs <= 128)
    }),
  )
})

test('an operation that does not exist has no input', () => {
  assert.equal(
    problem('toString', {} as Json as JsonObject),
    'UnknownOperationException: There is no operation toString.',
  )
})
