import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { validateInput } from '../api/model/validate.ts'
import { OperatorError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { declareStreams } from './declare.ts'
import {
  type ControlPlane,
  KEY_ARN,
  openControlPlane,
  removeControlPlane,
  reopen,
  S3_BLOCK,
} from './testing.ts'

const MASTER_KEYS = new Map([[KEY_ARN, Buffer.alloc(32, 1)]])
const OWNED = { KeyType: 'AWS_OWNED_CMK' }
const CUSTOMER = { KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: KEY_ARN }

let plane: ControlPlane

beforeEach(() => {
  plane = openControlPlane({ masterKeys: MASTER_KEYS })
})

afterEach(() => removeControlPlane(plane))

function declare(block: JsonObject = {}, more: JsonObject = {}): void {
  const request = {
    DeliveryStreamName: 'orders',
    ExtendedS3DestinationConfiguration: { ...S3_BLOCK, ...block },
    ...more,
  }
  declareStreams([{ where: 'hydrant.yaml:7:3', request }], plane.streams, (input) =>
    validateInput('CreateDeliveryStream', input),
  )
}

function problem(block: JsonObject = {}, more: JsonObject = {}): string {
  try {
    declare(block, more)
    return 'none'
  } catch (error) {
    assert(error instanceof OperatorError, String(error))
    return error.message
  }
}

const refused = (reason: string) =>
  `hydrant.yaml:7:3: the delivery stream "orders" cannot be declared so: ${reason}`

test('a missing stream is created; a second start changes nothing', () => {
  const more = { Tags: [{ Key: 'a', Value: 'b' }], DeliveryStreamEncryptionConfigurationInput: CUSTOMER }
  declare({ Prefix: 'p/', S3BackupMode: 'Enabled', S3BackupConfiguration: S3_BLOCK }, more)
  const before = plane.streams.find('orders')
  plane = reopen(plane, { masterKeys: MASTER_KEYS })
  declare({ Prefix: 'p/', S3BackupMode: 'Enabled', S3BackupConfiguration: S3_BLOCK }, more)
  assert.deepEqual(plane.streams.find('orders'), before)
  assert.deepEqual(plane.events, [])
  assert.equal([...plane.keyring.all].length, 1)
})

test('a difference is made by an update', () => {
  declare()
  declare({ Prefix: 'p/', BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } })
  const stream = plane.streams.get('orders')
  assert.equal(stream.versionId, 2)
  assert.equal(stream.delivery.primary.prefix, 'p/')
  declare()
  assert.equal(plane.streams.get('orders').delivery.primary.prefix, '')
  assert.equal(plane.streams.get('orders').delivery.primary.buffering.intervalMs, 300_000)
})

test('what is declared no more becomes empty, and stays so', () => {
  const logging = { Enabled: true, LogGroupName: 'g', LogStreamName: 's' }
  declare({ FileExtension: '.log', CustomTimeZone: 'Asia/Tokyo', CloudWatchLoggingOptions: logging })
  for (let start = 0; start < 2; start++) {
    declare({ CloudWatchLoggingOptions: { Enabled: true, LogGroupName: 'g' } })
    const { versionId, delivery } = plane.streams.get('orders')
    assert.equal(versionId, 2)
    assert.deepEqual(
      [delivery.primary.fileExtension, delivery.primary.timeZone, delivery.primary.errorLog],
      ['', 'UTC', { group: 'g', stream: '' }],
    )
  }
})

test('backup can be enabled and changed, not disabled', () => {
  const backup = (more: JsonObject) => ({
    S3BackupMode: 'Enabled',
    S3BackupConfiguration: { ...S3_BLOCK, ...more },
  })
  declare()
  declare(backup({ Prefix: 'raw/' }))
  declare(backup({ CompressionFormat: 'GZIP' }))
  const settings = plane.streams.get('orders').delivery.backup
  assert.deepEqual([settings?.prefix, settings?.compression], ['', 'GZIP'])
  assert.equal(problem(), refused('Disabling S3 backup is not currently supported.'))
})

test('encryption is started, changed and stopped', () => {
  const encryption = () => plane.streams.get('orders').encryption
  declare()
  declare({}, { DeliveryStreamEncryptionConfigurationInput: OWNED })
  assert.deepEqual(encryption(), { status: 'ENABLED', keyType: 'AWS_OWNED_CMK' })
  declare({}, { DeliveryStreamEncryptionConfigurationInput: CUSTOMER })
  assert.deepEqual(encryption(), { status: 'ENABLED', keyType: 'CUSTOMER_MANAGED_CMK', keyArn: KEY_ARN })
  declare()
  assert.equal(encryption().status, 'DISABLED')
})

test('tags become those declared; without any they stay', () => {
  const tags = () => [...plane.streams.get('orders').tags]
  declare({}, { Tags: [{ Key: 'a', Value: '1' }, { Key: 'b' }] })
  declare({}, { Tags: [{ Key: 'b', Value: '2' }, { Key: 'c' }] })
  assert.deepEqual(tags(), [
    ['b', '2'],
    ['c', undefined],
  ])
  declare()
  assert.equal(tags().length, 2)
})

const UNCHANGEABLE =
  'is not as it was, and no update can change it so. Delete the stream, or declare what it has.'

test('a difference that no update can make names its member', () => {
  declare(
    { ProcessingConfiguration: { Enabled: false } },
    { DirectPutSourceConfiguration: { ThroughputHintInMBs: 5 } },
  )
  assert.equal(problem(), refused(`DirectPutSourceConfiguration ${UNCHANGEABLE}`))
  assert.equal(
    problem({}, { DirectPutSourceConfiguration: { ThroughputHintInMBs: 5 } }),
    refused(`ProcessingConfiguration ${UNCHANGEABLE}`),
  )
  assert.equal(plane.streams.get('orders').versionId, 1)
})

test('what the API would refuse is refused in its words', () => {
  assert.equal(
    problem({ CompressionFormat: 'SNAPPY' }),
    refused(
      "1 validation error detected: Value at 'extendedS3DestinationConfiguration.compressionFormat' failed to satisfy constraint: Member must satisfy enum value set: [ZIP, HADOOP_SNAPPY, Snappy, GZIP, UNCOMPRESSED]",
    ),
  )
  assert.equal(
    problem({}, { DeliveryStreamType: 'MSKAsSource' }),
    refused('The source MSKAsSource is not supported yet; DirectPut is.'),
  )
})

test('a stream that cannot be deleted now is not declared anew', () => {
  declare()
  plane.streams.delete('orders')
  assert.equal(
    problem(),
    refused('there is one of this name in status DELETING. Declare it again once it is gone.'),
  )
})
