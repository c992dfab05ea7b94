/** What the operations answer to requests that the model allows and the service does not: AWS's sentences. */

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { JsonObject } from '../../json.ts'
import {
  ACCOUNT,
  type ControlPlane,
  KEY_ARN,
  openControlPlane,
  ROLE,
  removeControlPlane,
  S3_BLOCK,
} from '../../streams/testing.ts'

let plane: ControlPlane

/** `orders` is ACTIVE at version 2, `gone` is DELETING, and the quota of three streams has room for one more. */
beforeEach(() => {
  plane = openControlPlane({ streamsMax: 3, removeFiles: () => new Promise(() => {}) })
  plane.create('orders', { ...S3_BLOCK, S3BackupMode: 'Enabled', S3BackupConfiguration: S3_BLOCK })
  plane.update('orders', { Prefix: 'p/' })
  plane.create('gone')
  plane.call('DeleteDeliveryStream', { DeliveryStreamName: 'gone' })
})

afterEach(() => removeControlPlane(plane))

interface Case {
  readonly operation: string
  readonly input: JsonObject
  readonly type: string
  readonly sentence: string
}

const create = (input: JsonObject, sentence: string, type = 'InvalidArgumentException'): Case => ({
  operation: 'CreateDeliveryStream',
  input: { DeliveryStreamName: 'new', ...input },
  type,
  sentence,
})

const createS3 = (block: JsonObject, sentence: string): Case =>
  create({ ExtendedS3DestinationConfiguration: { ...S3_BLOCK, ...block } }, sentence)

const update = (input: JsonObject, sentence: string, type = 'InvalidArgumentException'): Case => ({
  operation: 'UpdateDestination',
  input: {
    DeliveryStreamName: 'orders',
    CurrentDeliveryStreamVersionId: '2',
    DestinationId: 'destinationId-000000000001',
    ...input,
  },
  type,
  sentence,
})

const named = (
  operation: string,
  DeliveryStreamName: string,
  more: JsonObject,
  type: string,
  sentence: string,
): Case => ({ operation, input: { DeliveryStreamName, ...more }, type, sentence })

const NOT_FOUND = `Firehose none under account ${ACCOUNT} not found.`
const IS_DELETING = `Firehose gone under account ${ACCOUNT} is in the DELETING state.`
const ONE_DESTINATION = 'Exactly one destination configuration is supported for a Firehose'
const VERSIONS =
  'Cannot update firehose: orders since the current version id: 2 and specified version id: 1 do not match'
const NO_PROCESSORS = 'Processors (ProcessingConfiguration) are not supported yet.'
const TAGS = [{ Key: 'a' }]
const HTTP = { EndpointConfiguration: { Url: 'https://example.com' }, S3Configuration: S3_BLOCK }
const SPLUNK = { HECEndpoint: 'https://s', HECEndpointType: 'Raw', S3Configuration: S3_BLOCK }
const KINESIS = { KinesisStreamARN: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/s`, RoleARN: ROLE }

const cases: readonly Case[] = [
  create({}, ONE_DESTINATION),
  create(
    { S3DestinationConfiguration: S3_BLOCK, HttpEndpointDestinationConfiguration: HTTP },
    ONE_DESTINATION,
  ),
  create(
    { S3DestinationConfiguration: S3_BLOCK, ExtendedS3DestinationConfiguration: S3_BLOCK },
    'Exactly one of S3DestinationConfiguration or ExtendedS3DestinationConfiguration must be specified.',
  ),
  create(
    { HttpEndpointDestinationConfiguration: HTTP },
    'Delivery to an HTTP endpoint is not supported yet; S3 is.',
  ),
  create({ SplunkDestinationConfiguration: SPLUNK }, 'Delivery to Splunk is not supported yet; S3 is.'),
  create(
    { DeliveryStreamName: 'orders', S3DestinationConfiguration: S3_BLOCK },
    `Firehose orders under accountId ${ACCOUNT} already exists`,
    'ResourceInUseException',
  ),
  create(
    { DeliveryStreamName: 'gone', S3DestinationConfiguration: S3_BLOCK },
    `Firehose gone under accountId ${ACCOUNT} already exists`,
    'ResourceInUseException',
  ),
  create(
    { S3DestinationConfiguration: S3_BLOCK, KinesisStreamSourceConfiguration: KINESIS },
    'KinesisSourceStreamConfig is only applicable for KinesisStreamAsSource stream type',
  ),
  create(
    {
      S3DestinationConfiguration: S3_BLOCK,
      DeliveryStreamType: 'KinesisStreamAsSource',
      KinesisStreamSourceConfiguration: KINESIS,
    },
    'The source KinesisStreamAsSource is not supported yet; DirectPut is.',
  ),
  create(
    { S3DestinationConfiguration: S3_BLOCK, Tags: [{ Key: 'a' }, { Key: 'a' }] },
    'The tag key a is given more than once.',
  ),
  create(
    {
      S3DestinationConfiguration: S3_BLOCK,
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'CUSTOMER_MANAGED_CMK' },
    },
    'KeyARN must be specified when KeyType is CUSTOMER_MANAGED_CMK.',
  ),
  createS3(
    { BufferingHints: { SizeInMBs: 5 } },
    'If you specify a value for SizeInMBs, you must also specify a value for IntervalInSeconds, and vice versa.',
  ),
  createS3(
    { Prefix: '!{timestamp:yyyy}/' },
    'Ths supplied prefix(es) do not satisfy the following constraint: ErrorOutputPrefix cannot be null or empty when Prefix contains expressions',
  ),
  createS3({ ProcessingConfiguration: { Enabled: true } }, NO_PROCESSORS),
  createS3({ ProcessingConfiguration: { Processors: [{ Type: 'AppendDelimiterToRecord' }] } }, NO_PROCESSORS),
  createS3(
    { DataFormatConversionConfiguration: {} },
    'Record format conversion (DataFormatConversionConfiguration) is not supported yet.',
  ),
  createS3(
    { DynamicPartitioningConfiguration: { Enabled: true } },
    'Dynamic partitioning (DynamicPartitioningConfiguration) is not supported yet.',
  ),
  update({ CurrentDeliveryStreamVersionId: '1' }, VERSIONS, 'ConcurrentModificationException'),
  update({ DestinationId: 'other' }, 'Destination Id other not found'),
  update({}, 'At least one destination or source configuration update must be provided'),
  update(
    { S3DestinationUpdate: {}, ExtendedS3DestinationUpdate: {} },
    'Exactly one of s3DestinationUpdate or extendedS3DestinationUpdate must be specified.',
  ),
  update({ S3DestinationUpdate: {}, SplunkDestinationUpdate: {} }, ONE_DESTINATION),
  update(
    { ElasticsearchDestinationUpdate: {} },
    'Changing the destination type to or from Elasticsearch is not supported at this time.',
  ),
  update(
    { HttpEndpointDestinationUpdate: {} },
    'Changing the destination type to or from HttpEndpoint is not supported at this time.',
  ),
  update({ RedshiftDestinationUpdate: {} }, 'Delivery to Amazon Redshift is not supported yet; S3 is.'),
  update(
    { ExtendedS3DestinationUpdate: { S3BackupMode: 'Disabled' } },
    'Disabling S3 backup is not currently supported.',
  ),
  update({ ExtendedS3DestinationUpdate: { ProcessingConfiguration: { Enabled: true } } }, NO_PROCESSORS),
  update(
    { DeliveryStreamName: 'gone' },
    'Cannot update firehose: gone when it is in DELETING status',
    'ResourceInUseException',
  ),
  update(
    { DeliveryStreamName: 'none' },
    `Firehose none under accountId ${ACCOUNT} not found.`,
    'ResourceNotFoundException',
  ),
  named('DescribeDeliveryStream', 'none', {}, 'ResourceNotFoundException', NOT_FOUND),
  named('DeleteDeliveryStream', 'none', {}, 'ResourceNotFoundException', NOT_FOUND),
  named('ListTagsForDeliveryStream', 'none', {}, 'ResourceNotFoundException', NOT_FOUND),
  named('TagDeliveryStream', 'none', { Tags: TAGS }, 'ResourceNotFoundException', NOT_FOUND),
  named('UntagDeliveryStream', 'none', { TagKeys: ['a'] }, 'ResourceNotFoundException', NOT_FOUND),
  named('StartDeliveryStreamEncryption', 'none', {}, 'ResourceNotFoundException', NOT_FOUND),
  named('StopDeliveryStreamEncryption', 'none', {}, 'ResourceNotFoundException', NOT_FOUND),
  named('TagDeliveryStream', 'gone', { Tags: TAGS }, 'ResourceInUseException', IS_DELETING),
  named('UntagDeliveryStream', 'gone', { TagKeys: ['a'] }, 'ResourceInUseException', IS_DELETING),
  named('StartDeliveryStreamEncryption', 'gone', {}, 'ResourceInUseException', IS_DELETING),
  named('StopDeliveryStreamEncryption', 'gone', {}, 'ResourceInUseException', IS_DELETING),
  named(
    'StartDeliveryStreamEncryption',
    'orders',
    { DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK', KeyARN: KEY_ARN } },
    'InvalidArgumentException',
    'KeyARN must not be specified when KeyType is AWS_OWNED_CMK.',
  ),
]

for (const { operation, input, type, sentence } of cases) {
  test(`${operation}: ${sentence}`, () => {
    assert.equal(plane.refusal(operation, input), `${type}: ${sentence}`)
  })
}

test('the quota of delivery streams counts those in every status', () => {
  plane.create('third')
  const input = { DeliveryStreamName: 'fourth', S3DestinationConfiguration: S3_BLOCK }
  assert.equal(
    plane.refusal('CreateDeliveryStream', input),
    'LimitExceededException: You have already consumed your firehose quota of 3 hoses. Firehose names: [gone, orders, third]',
  )
})

test('a stream has at most 50 tags', () => {
  const tags = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ Key: `key-${from + i}`, Value: 'v' }))
  const tag = (Tags: JsonObject[]) =>
    plane.refusal('TagDeliveryStream', { DeliveryStreamName: 'orders', Tags })
  assert.equal(tag(tags(0, 49)), 'accepted')
  assert.equal(tag(tags(49, 2)), 'LimitExceededException: Firehose orders cannot have more than 50 tags.')
  assert.equal(tag(tags(48, 2)), 'accepted')
  assert.match(tag(tags(0, 51)), /^ValidationException: .*less than or equal to 50$/)
})

test('an update is refused for its name, status, version and destination id before its block', () => {
  const wrong = {
    DeliveryStreamName: 'none',
    CurrentDeliveryStreamVersionId: '1',
    DestinationId: 'other',
  }
  const order = ['none', 'gone', 'orders'].map((DeliveryStreamName) =>
    plane.refusal('UpdateDestination', { ...wrong, DeliveryStreamName }),
  )
  assert.deepEqual(
    order.map((answer) => answer.split(':')[0]),
    ['ResourceNotFoundException', 'ResourceInUseException', 'ConcurrentModificationException'],
  )
})
