import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { shapeNamed } from '../api/model/model.ts'
import type { Json, JsonObject } from '../json.ts'
import {
  ACCOUNT,
  type ControlPlane,
  KEY_ARN,
  openControlPlane,
  removeControlPlane,
  S3_BLOCK,
} from './testing.ts'

let plane: ControlPlane

beforeEach(() => {
  plane = openControlPlane({ masterKeys: new Map([[KEY_ARN, Buffer.alloc(32, 1)]]) })
})

afterEach(() => removeControlPlane(plane))

const DEFAULTS = {
  ...S3_BLOCK,
  BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
  CompressionFormat: 'UNCOMPRESSED',
  EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
  CloudWatchLoggingOptions: { Enabled: false },
}

/** As real AWS describes a stream that was created with a role and a bucket alone. */
const DESCRIBED = {
  DeliveryStreamName: 'orders',
  DeliveryStreamARN: `arn:aws:firehose:us-east-1:${ACCOUNT}:deliverystream/orders`,
  DeliveryStreamStatus: 'ACTIVE',
  DeliveryStreamEncryptionConfiguration: { Status: 'DISABLED' },
  DeliveryStreamType: 'DirectPut',
  VersionId: '1',
  CreateTimestamp: Date.UTC(2026, 0, 1) / 1000,
  Destinations: [
    {
      DestinationId: 'destinationId-000000000001',
      S3DestinationDescription: DEFAULTS,
      ExtendedS3DestinationDescription: { ...DEFAULTS, S3BackupMode: 'Disabled' },
    },
  ],
  HasMoreDestinations: false,
}

function destination(): JsonObject {
  return (plane.describe('orders')['Destinations'] as readonly JsonObject[])[0]!
}

test('the defaults of AWS, for both forms of S3', () => {
  for (const form of ['S3DestinationConfiguration', 'ExtendedS3DestinationConfiguration']) {
    plane.call('CreateDeliveryStream', { DeliveryStreamName: 'orders', [form]: S3_BLOCK })
    assert.deepEqual(plane.describe('orders'), DESCRIBED, form)
    plane.call('DeleteDeliveryStream', { DeliveryStreamName: 'orders' })
    removeControlPlane(plane)
    plane = openControlPlane()
  }
})

test('creation shows milliseconds, as a number of seconds', async () => {
  await plane.clock.advance(123)
  plane.create('orders')
  assert.equal(plane.describe('orders')['CreateTimestamp'], Date.UTC(2026, 0, 1) / 1000 + 0.123)
})

test('everything that was given comes back, as Terraform sends it', () => {
  const block = {
    ...DEFAULTS,
    Prefix: 'data/',
    ErrorOutputPrefix: 'errors/',
    FileExtension: '.log',
    CustomTimeZone: 'UTC',
    ProcessingConfiguration: { Enabled: false, Processors: [] },
    DataFormatConversionConfiguration: { Enabled: false },
    DynamicPartitioningConfiguration: { Enabled: false },
    S3BackupMode: 'Enabled',
  }
  plane.create('orders', { ...block, S3BackupConfiguration: { ...S3_BLOCK, Prefix: 'source/' } })
  assert.deepEqual(destination()['ExtendedS3DestinationDescription'], {
    ...block,
    S3BackupDescription: { ...DEFAULTS, Prefix: 'source/' },
  })
  assert.deepEqual(destination()['S3DestinationDescription'], {
    ...DEFAULTS,
    Prefix: 'data/',
    ErrorOutputPrefix: 'errors/',
  })
})

test('an update shows a new version and its time; one that changes nothing shows neither', async () => {
  plane.create('orders')
  await plane.clock.advance(1500)
  plane.update('orders', { CompressionFormat: 'UNCOMPRESSED' })
  assert.deepEqual(plane.describe('orders'), DESCRIBED)
  plane.update('orders', { CompressionFormat: 'GZIP' })
  const { VersionId, LastUpdateTimestamp } = plane.describe('orders')
  assert.deepEqual(
    { VersionId, LastUpdateTimestamp },
    {
      VersionId: '2',
      LastUpdateTimestamp: Date.UTC(2026, 0, 1) / 1000 + 1.5,
    },
  )
})

test('encryption shows its key, also once it is stopped', () => {
  plane.create('orders')
  const name = { DeliveryStreamName: 'orders' }
  const encryption = () => plane.describe('orders')['DeliveryStreamEncryptionConfiguration']
  plane.call('StartDeliveryStreamEncryption', name)
  assert.deepEqual(encryption(), { KeyType: 'AWS_OWNED_CMK', Status: 'ENABLED' })
  plane.call('StartDeliveryStreamEncryption', {
    ...name,
    DeliveryStreamEncryptionConfigurationInput: { KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: KEY_ARN },
  })
  assert.deepEqual(encryption(), { KeyARN: KEY_ARN, KeyType: 'CUSTOMER_MANAGED_CMK', Status: 'ENABLED' })
  plane.call('StopDeliveryStreamEncryption', name)
  assert.deepEqual(encryption(), { KeyARN: KEY_ARN, KeyType: 'CUSTOMER_MANAGED_CMK', Status: 'DISABLED' })
})

test('neither tags nor encryption make a new version', () => {
  plane.create('orders')
  plane.call('TagDeliveryStream', { DeliveryStreamName: 'orders', Tags: [{ Key: 'a' }] })
  plane.call('StartDeliveryStreamEncryption', { DeliveryStreamName: 'orders' })
  assert.equal(plane.describe('orders')['VersionId'], '1')
  assert.equal(plane.describe('orders')['LastUpdateTimestamp'], undefined)
})

test('a throughput hint is described as the source', () => {
  plane.create('orders', S3_BLOCK, { DirectPutSourceConfiguration: { ThroughputHintInMBs: 7 } })
  assert.deepEqual(plane.describe('orders')['Source'], {
    DirectPutSourceDescription: { ThroughputHintInMBs: 7 },
  })
})

test('the description has only members of the model, and all that it requires', () => {
  plane.create(
    'orders',
    { ...S3_BLOCK, Prefix: 'p/', S3BackupMode: 'Enabled', S3BackupConfiguration: S3_BLOCK },
    { DirectPutSourceConfiguration: { ThroughputHintInMBs: 7 } },
  )
  plane.update('orders', { FileExtension: '.log' })
  plane.call('StartDeliveryStreamEncryption', { DeliveryStreamName: 'orders' })
  assertShape(plane.describe('orders'), 'DeliveryStreamDescription')
})

function assertShape(value: Json | undefined, shapeName: string): void {
  const shape = shapeNamed(shapeName)
  if (Array.isArray(value)) for (const entry of value) assertShape(entry as Json, shape.member!.shape)
  if (shape.type !== 'structure') return
  const object = value as JsonObject
  for (const name of shape.required ?? []) assert.equal(name in object, true, `${shapeName}.${name}`)
  for (const [name, inner] of Object.entries(object)) {
    const member = shape.members?.[name]
    assert.notEqual(member, undefined, `${shapeName}.${name}`)
    assertShape(inner, member!.shape)
  }
}
