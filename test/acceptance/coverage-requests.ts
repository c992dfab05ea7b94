/**
 * A request for each row of API_COVERAGE.md. What is refused is asked for in a form that the service model allows, so
 * that the answer is about support and nothing else.
 */

import type { JsonObject } from '../../src/json.ts'

const ACCOUNT = '000000000000'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/hydrant`
const S3 = { RoleARN: ROLE, BucketARN: 'arn:aws:s3:::coverage' }
const KMS_KEY = `arn:aws:kms:us-east-1:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`
const SECRET = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:s`
const HTTPS = 'https://example.com'
const FAILED_TO_S3 = { RoleARN: ROLE, S3Configuration: S3 }
const SEARCH = { ...FAILED_TO_S3, IndexName: 'index' }

/** The master key of the test server, for `CUSTOMER_MANAGED_CMK`. */
export const masterKey = { arn: KMS_KEY, base64: Buffer.alloc(32, 7).toString('base64') }

export interface Call {
  readonly operation: string
  readonly input: JsonObject
}

/** Members of CreateDeliveryStream beside its name; a destination is added where there is none. */
const createMembers: Readonly<Record<string, JsonObject>> = {
  DeliveryStreamName: {},
  DeliveryStreamType: { DeliveryStreamType: 'DirectPut' },
  DirectPutSourceConfiguration: { DirectPutSourceConfiguration: { ThroughputHintInMBs: 1 } },
  KinesisStreamSourceConfiguration: {
    DeliveryStreamType: 'KinesisStreamAsSource',
    KinesisStreamSourceConfiguration: {
      KinesisStreamARN: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/s`,
      RoleARN: ROLE,
    },
  },
  MSKSourceConfiguration: {
    DeliveryStreamType: 'MSKAsSource',
    MSKSourceConfiguration: {
      MSKClusterARN: `arn:aws:kafka:us-east-1:${ACCOUNT}:cluster/c/1`,
      TopicName: 'topic',
      AuthenticationConfiguration: { RoleARN: ROLE, Connectivity: 'PRIVATE' },
    },
  },
  DatabaseSourceConfiguration: {
    DeliveryStreamType: 'DatabaseAsSource',
    DatabaseSourceConfiguration: {
      Type: 'MySQL',
      Endpoint: 'db',
      Port: 3306,
      Databases: {},
      Tables: {},
      SnapshotWatermarkTable: 'd.watermark',
      DatabaseSourceAuthenticationConfiguration: {
        SecretsManagerConfiguration: { Enabled: true, SecretARN: SECRET },
      },
      DatabaseSourceVPCConfiguration: {
        VpcEndpointServiceName: 'com.amazonaws.vpce.us-east-1.vpce-svc-12345678901234567',
      },
    },
  },
  DeliveryStreamEncryptionConfigurationInput: {
    DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
  },
  Tags: { Tags: [{ Key: 'team', Value: 'shop' }] },
  S3DestinationConfiguration: { S3DestinationConfiguration: S3 },
  ExtendedS3DestinationConfiguration: { ExtendedS3DestinationConfiguration: S3 },
  RedshiftDestinationConfiguration: {
    RedshiftDestinationConfiguration: {
      ...FAILED_TO_S3,
      ClusterJDBCURL: 'jdbc:redshift://c.abc.redshift.us-east-1.amazonaws.com:5439/dev',
      CopyCommand: { DataTableName: 'events' },
    },
  },
  ElasticsearchDestinationConfiguration: { ElasticsearchDestinationConfiguration: SEARCH },
  AmazonopensearchserviceDestinationConfiguration: {
    AmazonopensearchserviceDestinationConfiguration: SEARCH,
  },
  AmazonOpenSearchServerlessDestinationConfiguration: {
    AmazonOpenSearchServerlessDestinationConfiguration: SEARCH,
  },
  SplunkDestinationConfiguration: {
    SplunkDestinationConfiguration: { HECEndpoint: HTTPS, HECEndpointType: 'Raw', S3Configuration: S3 },
  },
  HttpEndpointDestinationConfiguration: {
    HttpEndpointDestinationConfiguration: { EndpointConfiguration: { Url: HTTPS }, S3Configuration: S3 },
  },
  SnowflakeDestinationConfiguration: {
    SnowflakeDestinationConfiguration: {
      ...FAILED_TO_S3,
      AccountUrl: 'https://account.snowflakecomputing.com',
      Database: 'd',
      Schema: 's',
      Table: 't',
    },
  },
  IcebergDestinationConfiguration: {
    IcebergDestinationConfiguration: {
      ...FAILED_TO_S3,
      CatalogConfiguration: { CatalogARN: `arn:aws:glue:us-east-1:${ACCOUNT}:catalog` },
    },
  },
}

const HINTS = { BufferingHints: { SizeInMBs: 2, IntervalInSeconds: 60 } }
const KMS_ENCRYPTION = {
  EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN: KMS_KEY } },
}
const LOGGING = {
  CloudWatchLoggingOptions: { Enabled: true, LogGroupName: 'group', LogStreamName: 'stream' },
}
const BACKUP = { S3BackupMode: 'Enabled', S3BackupConfiguration: S3 }

/** Members of the extended S3 block, by the row that they try. */
const s3Members: Readonly<Record<string, JsonObject>> = {
  RoleARN: { RoleARN: `arn:aws:iam::${ACCOUNT}:role/other` },
  BucketARN: { BucketARN: 'arn:aws:s3:::other' },
  Prefix: { Prefix: 'p/' },
  ErrorOutputPrefix: { ErrorOutputPrefix: 'e/!{firehose:error-output-type}/' },
  BufferingHints: HINTS,
  'BufferingHints.SizeInMBs': HINTS,
  'BufferingHints.IntervalInSeconds': HINTS,
  CompressionFormat: { CompressionFormat: 'GZIP' },
  EncryptionConfiguration: KMS_ENCRYPTION,
  'EncryptionConfiguration.NoEncryptionConfig': {
    EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
  },
  'EncryptionConfiguration.KMSEncryptionConfig': KMS_ENCRYPTION,
  CloudWatchLoggingOptions: LOGGING,
  'CloudWatchLoggingOptions.Enabled': LOGGING,
  'CloudWatchLoggingOptions.LogGroupName': LOGGING,
  'CloudWatchLoggingOptions.LogStreamName': LOGGING,
  FileExtension: { FileExtension: '.log' },
  CustomTimeZone: { CustomTimeZone: 'Asia/Tokyo' },
  S3BackupMode: BACKUP,
  S3BackupConfiguration: BACKUP,
  ProcessingConfiguration: {
    ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'AppendDelimiterToRecord' }] },
  },
  DataFormatConversionConfiguration: { DataFormatConversionConfiguration: { Enabled: true } },
  DynamicPartitioningConfiguration: { DynamicPartitioningConfiguration: { Enabled: true } },
}

/** Operations on a stream that is there, at version 1; a new one for those that create and delete. */
const operationMembers: Readonly<Record<string, JsonObject>> = {
  CreateDeliveryStream: { S3DestinationConfiguration: S3 },
  DeleteDeliveryStream: {},
  DescribeDeliveryStream: {},
  ListDeliveryStreams: {},
  ListTagsForDeliveryStream: {},
  PutRecord: { Record: { Data: 'YQ==' } },
  PutRecordBatch: { Records: [{ Data: 'YQ==' }] },
  StartDeliveryStreamEncryption: {},
  StopDeliveryStreamEncryption: {},
  TagDeliveryStream: { Tags: [{ Key: 'team' }] },
  UntagDeliveryStream: { TagKeys: ['team'] },
  UpdateDestination: updateOf({ S3DestinationUpdate: { Prefix: 'p/' } }),
}

/** CreateDeliveryStream of a plain S3 stream. */
export function createStream(name: string): Call {
  return {
    operation: 'CreateDeliveryStream',
    input: { DeliveryStreamName: name, S3DestinationConfiguration: S3 },
  }
}

/** CreateDeliveryStream with an extended S3 block. */
export function createS3(name: string, members: JsonObject): Call {
  return {
    operation: 'CreateDeliveryStream',
    input: { DeliveryStreamName: name, ExtendedS3DestinationConfiguration: { ...S3, ...members } },
  }
}

/** The members that a row of the S3 table tries. @throws {Error} for a row that nothing is known of */
export function s3Sample(row: string): JsonObject {
  return sample(s3Members, row)
}

/**
 * The call that a row of a table stands for.
 * @param stream  CreateDeliveryStream makes it; the other operations find it there
 */
export function callFor(heading: string, row: string, stream: string): Call {
  switch (heading) {
    case 'Operations':
      return { operation: row, input: { DeliveryStreamName: stream, ...sample(operationMembers, row) } }
    case 'CreateDeliveryStream':
      return createWith(stream, sample(createMembers, row))
    case 'Sources':
      return createWith(stream, { DeliveryStreamType: row })
    case 'S3 destination':
      return createS3(stream, s3Sample(row))
    case 'Compression formats':
      return createS3(stream, { CompressionFormat: row })
    case 'Processors':
      return createS3(stream, { ProcessingConfiguration: { Enabled: false, Processors: [{ Type: row }] } })
    case 'Encryption': {
      const key = row === 'CUSTOMER_MANAGED_CMK' ? { KeyARN: KMS_KEY } : {}
      return createWith(stream, { DeliveryStreamEncryptionConfigurationInput: { KeyType: row, ...key } })
    }
    case 'UpdateDestination': {
      const isBlock = row.endsWith('Update')
      const members = isBlock ? { [row]: {} } : { S3DestinationUpdate: {} }
      const input = { DeliveryStreamName: stream, ...updateOf(members) }
      return { operation: 'UpdateDestination', input }
    }
    default:
      throw new Error(`There are no requests for the table "${heading}".`)
  }
}

function createWith(stream: string, members: JsonObject): Call {
  const hasDestination = Object.keys(members).some((member) => member.endsWith('DestinationConfiguration'))
  const destination = hasDestination ? {} : { S3DestinationConfiguration: S3 }
  return {
    operation: 'CreateDeliveryStream',
    input: { DeliveryStreamName: stream, ...destination, ...members },
  }
}

function updateOf(members: JsonObject): JsonObject {
  return {
    CurrentDeliveryStreamVersionId: '1',
    DestinationId: 'destinationId-000000000001',
    ...members,
  }
}

function sample(samples: Readonly<Record<string, JsonObject>>, row: string): JsonObject {
  const found = samples[row]
  if (found === undefined) throw new Error(`There is no request for the row "${row}" of API_COVERAGE.md.`)
  return found
}
