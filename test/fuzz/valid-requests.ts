/** Requests that are right, one of each operation at least: what fuzzing begins with. */

import { s3Destination } from '../support/firehose-call.ts'

/** Exists before the fuzzing begins. */
export const STREAM = 'fuzzed'
const DATA = Buffer.from('a line of a log\n').toString('base64')

const KMS_ARN = 'arn:aws:kms:us-east-1:000000000000:key/some-key'

export const VALID_REQUESTS: readonly {
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
}[] = [
  { operation: 'PutRecord', input: { DeliveryStreamName: STREAM, Record: { Data: DATA } } },
  {
    operation: 'PutRecordBatch',
    input: { DeliveryStreamName: STREAM, Records: [{ Data: DATA }, { Data: '' }, { Data: DATA }] },
  },
  {
    operation: 'CreateDeliveryStream',
    input: {
      DeliveryStreamName: 'fuzz-created',
      DeliveryStreamType: 'DirectPut',
      DirectPutSourceConfiguration: { ThroughputHintInMBs: 1 },
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: KMS_ARN },
      Tags: [{ Key: 'a', Value: 'b' }],
      ExtendedS3DestinationConfiguration: s3Destination('fuzzed', {
        Prefix: 'y=!{timestamp:yyyy}/',
        ErrorOutputPrefix: 'e/!{firehose:error-output-type}/',
        CompressionFormat: 'GZIP',
        FileExtension: '.log',
        CustomTimeZone: 'Europe/Berlin',
        EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN: KMS_ARN } },
        CloudWatchLoggingOptions: { Enabled: true, LogGroupName: 'g', LogStreamName: 's' },
        S3BackupMode: 'Enabled',
        S3BackupConfiguration: s3Destination('fuzzed-backup', {
          BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
        }),
        ProcessingConfiguration: { Enabled: false, Processors: [] },
      }),
    },
  },
  {
    operation: 'CreateDeliveryStream',
    input: {
      DeliveryStreamName: 'fuzz-http',
      HttpEndpointDestinationConfiguration: {
        EndpointConfiguration: { Url: 'https://example.com', Name: 'n', AccessKey: 'k' },
        RequestConfiguration: { CommonAttributes: [{ AttributeName: 'a', AttributeValue: 'b' }] },
        S3Configuration: s3Destination('fuzzed'),
      },
    },
  },
  {
    operation: 'UpdateDestination',
    input: {
      DeliveryStreamName: STREAM,
      CurrentDeliveryStreamVersionId: '1',
      DestinationId: 'destinationId-000000000001',
      ExtendedS3DestinationUpdate: { Prefix: 'x/', BufferingHints: { SizeInMBs: 2, IntervalInSeconds: 1 } },
    },
  },
  { operation: 'DescribeDeliveryStream', input: { DeliveryStreamName: STREAM, Limit: 1 } },
  {
    operation: 'ListDeliveryStreams',
    input: { Limit: 10, DeliveryStreamType: 'DirectPut', ExclusiveStartDeliveryStreamName: 'a' },
  },
  { operation: 'TagDeliveryStream', input: { DeliveryStreamName: STREAM, Tags: [{ Key: 'k', Value: 'v' }] } },
  { operation: 'UntagDeliveryStream', input: { DeliveryStreamName: STREAM, TagKeys: ['k'] } },
  {
    operation: 'ListTagsForDeliveryStream',
    input: { DeliveryStreamName: STREAM, Limit: 3, ExclusiveStartTagKey: 'a' },
  },
  {
    operation: 'StartDeliveryStreamEncryption',
    input: {
      DeliveryStreamName: STREAM,
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: KMS_ARN },
    },
  },
  { operation: 'StopDeliveryStreamEncryption', input: { DeliveryStreamName: STREAM } },
  {
    operation: 'DeleteDeliveryStream',
    input: { DeliveryStreamName: 'fuzz-created', AllowForceDelete: true },
  },
]
