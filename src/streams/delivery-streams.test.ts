import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { settled } from '../../test/simulation/simulated-clock.ts'
import {
  BUCKET,
  type ControlPlane,
  type ControlPlaneOptions,
  openControlPlane,
  removeControlPlane,
  reopen,
  S3_BLOCK,
} from './testing.ts'

const ORDERS = { DeliveryStreamName: 'orders' }

let plane: ControlPlane

function open(options: ControlPlaneOptions = {}): ControlPlane {
  plane = openControlPlane(options)
  return plane
}

afterEach(() => removeControlPlane(plane))

/** A removal of files that ends when the test says so. */
function heldRemoval() {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  return { removeFiles: () => promise, end: resolve, fail: reject }
}

test('a new stream is there at once, and the rest of the server is told', () => {
  const { create, streams, events } = open({ partitionsPerStream: 3 })
  create('orders')
  create('clicks')
  assert.deepEqual(events, ['created orders', 'created clicks'])
  assert.deepEqual(streams.find('orders')?.partitions, [1, 2, 3])
  assert.deepEqual(streams.find('clicks')?.partitions, [4, 5, 6])
  assert.deepEqual(streams.find('orders')?.delivery, {
    streamName: 'orders',
    streamArn: 'arn:aws:firehose:us-east-1:123456789012:deliverystream/orders',
    versionId: 1,
    primary: {
      bucket: 'bucket',
      prefix: '',
      errorOutputPrefix: '',
      buffering: { sizeBytes: 5_242_880, intervalMs: 300_000 },
      compression: 'UNCOMPRESSED',
      fileExtension: '',
      timeZone: 'UTC',
    },
  })
})

test('a restart keeps everything', async () => {
  const before = open()
  before.create(
    'orders',
    { ...S3_BLOCK, S3BackupMode: 'Enabled', S3BackupConfiguration: S3_BLOCK },
    {
      DirectPutSourceConfiguration: { ThroughputHintInMBs: 7 },
      Tags: [{ Key: 'team', Value: 'shop' }, { Key: 'bare' }, { Key: '__proto__', Value: 'x' }],
    },
  )
  await before.clock.advance(1000)
  before.update('orders', { Prefix: 'p/' })
  before.call('StartDeliveryStreamEncryption', ORDERS)
  const stream = before.streams.find('orders')
  plane = reopen(before)
  assert.deepEqual(plane.streams.find('orders'), stream)
  assert.equal(plane.streams.find('orders')?.delivery.backup?.bucket, 'bucket')
  assert.deepEqual(plane.events, [])
})

test('partitions are never given again', async () => {
  const before = open()
  before.create('orders')
  before.call('DeleteDeliveryStream', ORDERS)
  await settled()
  plane = reopen(before)
  plane.create('orders')
  assert.deepEqual(plane.streams.find('orders')?.partitions, [2])
})

test('an update reaches delivery with its version', () => {
  const { create, update, streams, events } = open()
  create('orders')
  update('orders', { BufferingHints: { SizeInMBs: 1 } })
  const delivery = streams.find('orders')?.delivery
  assert.equal(delivery?.versionId, 2)
  assert.deepEqual(delivery?.primary.buffering, { sizeBytes: 1_048_576, intervalMs: 300_000 })
  update('orders', {})
  update('orders', { BufferingHints: { IntervalInSeconds: 300, SizeInMBs: 1 } })
  assert.equal(streams.find('orders')?.versionId, 2)
  assert.deepEqual(events, ['created orders', 'changed orders'])
})

test('the basic form updates a stream that was created in the extended one', () => {
  const { create, call, streams } = open()
  create('orders', { ...S3_BLOCK, FileExtension: '.log' })
  call('UpdateDestination', {
    ...ORDERS,
    CurrentDeliveryStreamVersionId: '1',
    DestinationId: 'destinationId-000000000001',
    S3DestinationUpdate: { BucketARN: 'arn:aws:s3:::other' },
  })
  const primary = streams.find('orders')?.delivery.primary
  assert.deepEqual([primary?.bucket, primary?.fileExtension], ['other', '.log'])
})

test('backup can be enabled by an update', () => {
  const { create, update, streams } = open()
  create('orders')
  assert.equal(streams.find('orders')?.delivery.backup, undefined)
  update('orders', { S3BackupMode: 'Enabled', S3BackupUpdate: { ...S3_BLOCK, Prefix: 'raw/' } })
  assert.equal(streams.find('orders')?.delivery.backup?.prefix, 'raw/')
})

test('a backup that is described but not enabled is no backup', () => {
  const { create, streams } = open()
  create('orders', { ...S3_BLOCK, S3BackupConfiguration: S3_BLOCK })
  assert.equal(streams.find('orders')?.delivery.backup, undefined)
})

test('a refused update changes nothing', () => {
  const { create, refusal, streams } = open()
  create('orders')
  const before = streams.find('orders')
  const answer = refusal('UpdateDestination', {
    ...ORDERS,
    CurrentDeliveryStreamVersionId: '1',
    DestinationId: 'destinationId-000000000001',
    ExtendedS3DestinationUpdate: {
      BucketARN: BUCKET,
      Prefix: 'x/',
      ProcessingConfiguration: { Enabled: true },
    },
  })
  assert.match(answer, /^InvalidArgumentException/)
  assert.equal(streams.find('orders'), before)
})

test('a deleted stream is DELETING until its files are gone', async () => {
  const removal = heldRemoval()
  const { create, call, refusal, describe, streams, events } = open(removal)
  create('orders')
  call('DeleteDeliveryStream', ORDERS)
  assert.equal(describe('orders')['DeliveryStreamStatus'], 'DELETING')
  assert.deepEqual(call('ListDeliveryStreams', {})['DeliveryStreamNames'], ['orders'])
  // The name stays taken, and a second deletion succeeds without removing twice.
  assert.match(
    refusal('CreateDeliveryStream', { ...ORDERS, S3DestinationConfiguration: S3_BLOCK }),
    /^ResourceInUseException/,
  )
  call('DeleteDeliveryStream', { ...ORDERS, AllowForceDelete: true })
  removal.end()
  await settled()
  assert.equal(streams.find('orders'), undefined)
  assert.match(refusal('DescribeDeliveryStream', ORDERS), /^ResourceNotFoundException/)
  assert.deepEqual(events, ['created orders', 'deleted orders'])
})

test('a deletion that the end of the server interrupted is finished at the next start', async () => {
  const before = open(heldRemoval())
  before.create('orders')
  before.call('DeleteDeliveryStream', ORDERS)
  plane = reopen(before)
  assert.equal(plane.describe('orders')['DeliveryStreamStatus'], 'DELETING')
  await plane.streams.resume()
  assert.equal(plane.streams.find('orders'), undefined)
})

test('a deletion that failed is tried again by the next call', async () => {
  let fails = true
  const { create, call, streams, events } = open({
    removeFiles: async () => {
      if (fails) throw new Error('disk')
    },
  })
  create('orders')
  call('DeleteDeliveryStream', ORDERS)
  await settled()
  assert.deepEqual(events.at(-1), 'failed Error: disk')
  assert.equal(streams.find('orders')?.status, 'DELETING')
  fails = false
  call('DeleteDeliveryStream', ORDERS)
  await settled()
  assert.equal(streams.find('orders'), undefined)
})

test('streams are listed by name', () => {
  const { create, streams } = open()
  for (const name of ['b', 'B', 'a', 'a.1', 'a-1', 'a_1']) create(name)
  assert.deepEqual(
    streams.all.map(({ name }) => name),
    ['B', 'a', 'a-1', 'a.1', 'a_1', 'b'],
  )
})
