/** The twelve operations through the AWS SDK for JavaScript. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  ConcurrentModificationException,
  CreateDeliveryStreamCommand,
  DeleteDeliveryStreamCommand,
  DescribeDeliveryStreamCommand,
  type FirehoseClient,
  InvalidArgumentException,
  InvalidKMSResourceException,
  LimitExceededException,
  ListDeliveryStreamsCommand,
  ListTagsForDeliveryStreamCommand,
  PutRecordBatchCommand,
  PutRecordCommand,
  ResourceInUseException,
  ResourceNotFoundException,
  StartDeliveryStreamEncryptionCommand,
  StopDeliveryStreamEncryptionCommand,
  TagDeliveryStreamCommand,
  UntagDeliveryStreamCommand,
  UpdateDestinationCommand,
} from '@aws-sdk/client-firehose'
import { HydrantProcess } from '../support/hydrant-process.ts'
import { createStream, destination, eventually, newClient, ROLE_ARN } from './clients.ts'

const DESTINATION_ID = 'destinationId-000000000001'
const ARN = 'arn:aws:firehose:us-east-1:000000000000:deliverystream/'

let server: HydrantProcess
let client: FirehoseClient

before(async () => {
  server = await HydrantProcess.start()
  client = newClient(server.url)
})

after(async () => {
  client?.destroy()
  await server?.remove()
})

async function describeStream(name: string) {
  const answer = await client.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName: name }))
  return answer.DeliveryStreamDescription!
}

describe('CreateDeliveryStream and DescribeDeliveryStream', () => {
  it('answers with the ARN and shows the defaults of AWS, in both forms', async () => {
    const { DeliveryStreamARN } = await client.send(
      new CreateDeliveryStreamCommand({
        DeliveryStreamName: 'defaults',
        S3DestinationConfiguration: { RoleARN: ROLE_ARN, BucketARN: 'arn:aws:s3:::lake' },
      }),
    )
    assert.equal(DeliveryStreamARN, `${ARN}defaults`)
    const description = await describeStream('defaults')
    assert.equal(description.DeliveryStreamStatus, 'ACTIVE')
    assert.equal(description.DeliveryStreamType, 'DirectPut')
    assert.equal(description.VersionId, '1')
    assert.equal(description.LastUpdateTimestamp, undefined)
    assert.equal(description.HasMoreDestinations, false)
    assert(Math.abs(description.CreateTimestamp!.getTime() - Date.now()) < 60_000)
    assert.deepEqual(description.DeliveryStreamEncryptionConfiguration, { Status: 'DISABLED' })
    const basic = {
      RoleARN: ROLE_ARN,
      BucketARN: 'arn:aws:s3:::lake',
      BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
      CompressionFormat: 'UNCOMPRESSED',
      EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
      CloudWatchLoggingOptions: { Enabled: false },
    }
    assert.deepEqual(description.Destinations, [
      {
        DestinationId: DESTINATION_ID,
        S3DestinationDescription: basic,
        ExtendedS3DestinationDescription: { ...basic, S3BackupMode: 'Disabled' },
      },
    ])
  })

  it('refuses a name that is taken', async () => {
    await createStream(client, 'taken')
    await assert.rejects(createStream(client, 'taken'), ResourceInUseException)
  })

  it('refuses what is not supported yet, and says what', async () => {
    await assert.rejects(
      client.send(
        new CreateDeliveryStreamCommand({
          DeliveryStreamName: 'splunk',
          SplunkDestinationConfiguration: {
            HECEndpoint: 'https://splunk.example.com',
            HECEndpointType: 'Raw',
            HECToken: 'token',
            S3Configuration: { RoleARN: ROLE_ARN, BucketARN: 'arn:aws:s3:::lake' },
          },
        }),
      ),
      (error) => error instanceof InvalidArgumentException && /Splunk/.test(error.message),
    )
  })

  it('names every member that breaks the model, up to ten', async () => {
    await assert.rejects(
      createStream(client, 'bad name', {
        BucketARN: 'arn:aws:s3:::lake',
        BufferingHints: { SizeInMBs: 129, IntervalInSeconds: 901 },
      }),
      {
        name: 'ValidationException',
        message: /^3 validation errors detected: .*deliveryStreamName.*sizeInMBs.*intervalInSeconds/s,
      },
    )
  })

  it('finds no delivery stream that is not there', async () => {
    await assert.rejects(describeStream('nobody'), (error) => {
      assert(error instanceof ResourceNotFoundException)
      assert.equal(error.message, 'Firehose nobody under account 000000000000 not found.')
      return true
    })
  })
})

describe('UpdateDestination', () => {
  it('makes a new version when something changes, and none when nothing does', async () => {
    await createStream(client, 'versions')
    const update = (version: string, SizeInMBs: number) =>
      client.send(
        new UpdateDestinationCommand({
          DeliveryStreamName: 'versions',
          CurrentDeliveryStreamVersionId: version,
          DestinationId: DESTINATION_ID,
          ExtendedS3DestinationUpdate: { BufferingHints: { SizeInMBs, IntervalInSeconds: 60 } },
        }),
      )
    await update('1', 9)
    const changed = await describeStream('versions')
    assert.equal(changed.VersionId, '2')
    assert(changed.LastUpdateTimestamp !== undefined)
    const shown = changed.Destinations![0]!.ExtendedS3DestinationDescription!
    assert.deepEqual(shown.BufferingHints, { SizeInMBs: 9, IntervalInSeconds: 60 })
    assert.equal(shown.BucketARN, 'arn:aws:s3:::versions')
    await update('2', 9)
    assert.equal((await describeStream('versions')).VersionId, '2')
    await assert.rejects(update('1', 10), ConcurrentModificationException)
  })

  it('refuses a destination that is not there', async () => {
    await createStream(client, 'destinations')
    await assert.rejects(
      client.send(
        new UpdateDestinationCommand({
          DeliveryStreamName: 'destinations',
          CurrentDeliveryStreamVersionId: '1',
          DestinationId: 'destinationId-000000000002',
          ExtendedS3DestinationUpdate: { Prefix: 'x/' },
        }),
      ),
      InvalidArgumentException,
    )
  })
})

describe('ListDeliveryStreams', () => {
  it('pages by name', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `list-${String(i).padStart(2, '0')}`)
    for (const name of names.toReversed()) await createStream(client, name)
    const first = await client.send(
      new ListDeliveryStreamsCommand({ ExclusiveStartDeliveryStreamName: 'list-', Limit: 10 }),
    )
    assert.deepEqual(first.DeliveryStreamNames, names.slice(0, 10))
    assert.equal(first.HasMoreDeliveryStreams, true)
    const second = await client.send(
      new ListDeliveryStreamsCommand({ ExclusiveStartDeliveryStreamName: 'list-09', Limit: 2 }),
    )
    assert.deepEqual(second.DeliveryStreamNames, names.slice(10))
    const none = await client.send(
      new ListDeliveryStreamsCommand({ DeliveryStreamType: 'KinesisStreamAsSource' }),
    )
    assert.deepEqual(none.DeliveryStreamNames, [])
  })
})

describe('tags', () => {
  it('are set at creation, added, replaced, listed by pages and removed', async () => {
    const DeliveryStreamName = 'tagged'
    await client.send(
      new CreateDeliveryStreamCommand({
        DeliveryStreamName,
        ExtendedS3DestinationConfiguration: destination('tagged'),
        Tags: [{ Key: 'b', Value: 'first' }],
      }),
    )
    await client.send(
      new TagDeliveryStreamCommand({
        DeliveryStreamName,
        Tags: [
          { Key: 'b', Value: 'second' },
          { Key: 'a', Value: '' },
          { Key: 'c', Value: 'x' },
        ],
      }),
    )
    const page = await client.send(new ListTagsForDeliveryStreamCommand({ DeliveryStreamName, Limit: 2 }))
    assert.deepEqual(page.Tags, [
      { Key: 'a', Value: '' },
      { Key: 'b', Value: 'second' },
    ])
    assert.equal(page.HasMoreTags, true)
    await client.send(new UntagDeliveryStreamCommand({ DeliveryStreamName, TagKeys: ['b', 'absent'] }))
    const rest = await client.send(
      new ListTagsForDeliveryStreamCommand({ DeliveryStreamName, ExclusiveStartTagKey: 'a' }),
    )
    assert.deepEqual(rest.Tags, [{ Key: 'c', Value: 'x' }])
    assert.equal(rest.HasMoreTags, false)
  })

  it('are fifty at most', async () => {
    await createStream(client, 'many-tags')
    const Tags = Array.from({ length: 50 }, (_, i) => ({ Key: `key-${i}`, Value: 'x' }))
    await client.send(new TagDeliveryStreamCommand({ DeliveryStreamName: 'many-tags', Tags }))
    await assert.rejects(
      client.send(
        new TagDeliveryStreamCommand({
          DeliveryStreamName: 'many-tags',
          Tags: [{ Key: 'one-more', Value: 'x' }],
        }),
      ),
      LimitExceededException,
    )
  })
})

describe('encryption', () => {
  const status = async () => (await describeStream('encrypted')).DeliveryStreamEncryptionConfiguration!

  it('is started and stopped, and said in the answer to a put', async () => {
    const DeliveryStreamName = 'encrypted'
    await createStream(client, DeliveryStreamName)
    const put = async () => {
      const Record = { Data: Buffer.from('x') }
      return (await client.send(new PutRecordCommand({ DeliveryStreamName, Record }))).Encrypted
    }
    assert.equal(await put(), false)
    await client.send(
      new StartDeliveryStreamEncryptionCommand({
        DeliveryStreamName,
        DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
      }),
    )
    assert.deepEqual(await status(), { Status: 'ENABLED', KeyType: 'AWS_OWNED_CMK' })
    assert.equal(await put(), true)
    await client.send(new StopDeliveryStreamEncryptionCommand({ DeliveryStreamName }))
    assert.equal((await status()).Status, 'DISABLED')
    assert.equal(await put(), false)
  })

  it('needs the key behind a customer managed key', async () => {
    await createStream(client, 'customer-key')
    await assert.rejects(
      client.send(
        new StartDeliveryStreamEncryptionCommand({
          DeliveryStreamName: 'customer-key',
          DeliveryStreamEncryptionConfigurationInput: {
            KeyType: 'CUSTOMER_MANAGED_CMK',
            KeyARN: 'arn:aws:kms:us-east-1:000000000000:key/unknown',
          },
        }),
      ),
      InvalidKMSResourceException,
    )
  })
})

describe('PutRecord and PutRecordBatch', () => {
  it('give every record an id of its own', async () => {
    await createStream(client, 'ids')
    const { RecordId } = await client.send(
      new PutRecordCommand({ DeliveryStreamName: 'ids', Record: { Data: Buffer.from('a') } }),
    )
    const batch = await client.send(
      new PutRecordBatchCommand({
        DeliveryStreamName: 'ids',
        Records: [{ Data: Buffer.from('b') }, { Data: Buffer.from('') }, { Data: Buffer.from('c') }],
      }),
    )
    assert.equal(batch.FailedPutCount, 0)
    assert.equal(batch.Encrypted, false)
    const ids = [RecordId, ...batch.RequestResponses!.map((response) => response.RecordId)]
    assert.equal(new Set(ids).size, 4)
    assert(ids.every((id) => (id?.length ?? 0) > 0))
  })

  it('find no delivery stream that is not there', async () => {
    const Record = { Data: Buffer.from('a') }
    await assert.rejects(
      client.send(new PutRecordCommand({ DeliveryStreamName: 'nobody', Record })),
      ResourceNotFoundException,
    )
    await assert.rejects(
      client.send(new PutRecordBatchCommand({ DeliveryStreamName: 'nobody', Records: [Record] })),
      ResourceNotFoundException,
    )
  })
})

describe('DeleteDeliveryStream', () => {
  it('ends in a delivery stream that is not found, whose name is free again', async () => {
    await createStream(client, 'short-lived')
    await client.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: 'short-lived' }))
    await eventually(
      () =>
        describeStream('short-lived').then(
          () => undefined,
          (error) => (error instanceof ResourceNotFoundException ? true : undefined),
        ),
      'the end of the delivery stream',
    )
    await createStream(client, 'short-lived')
    await assert.rejects(
      client.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: 'nobody' })),
      ResourceNotFoundException,
    )
  })
})

it('keeps delivery streams, tags and versions over a restart', async () => {
  const before = await describeStream('defaults')
  await server.stop()
  await server.restart()
  assert.deepEqual(await describeStream('defaults'), before)
  const { Tags } = await client.send(new ListTagsForDeliveryStreamCommand({ DeliveryStreamName: 'tagged' }))
  assert.equal(Tags!.length, 2)
})
