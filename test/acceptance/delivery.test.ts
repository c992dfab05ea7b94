/** From a put to the object: what is in it, where it lies, and what it is called. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import {
  CompressionFormat,
  DeleteDeliveryStreamCommand,
  type FirehoseClient,
  PutRecordBatchCommand,
  PutRecordCommand,
  StartDeliveryStreamEncryptionCommand,
  UpdateDestinationCommand,
} from '@aws-sdk/client-firehose'
import { HydrantProcess } from '../support/hydrant-process.ts'
import { listObjects, readObject } from '../support/objects.ts'
import {
  createStream,
  deliveredBytes,
  deliveredObjects,
  destination,
  eventually,
  newClient,
} from './clients.ts'

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'

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

async function put(name: string, text: string): Promise<void> {
  await client.send(new PutRecordCommand({ DeliveryStreamName: name, Record: { Data: Buffer.from(text) } }))
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  UNCOMPRESSED: '',
  GZIP: '.gz',
  ZIP: '.zip',
  Snappy: '.snappy',
  HADOOP_SNAPPY: '.snappy',
}

describe('records come out as they went in', () => {
  for (const format of Object.values(CompressionFormat)) {
    it(`as ${format}`, async () => {
      const name = `format-${format.toLowerCase().replaceAll('_', '-')}`
      await createStream(client, name, { CompressionFormat: format })
      const lines = Array.from({ length: 500 }, (_, i) => `record ${i} ${'packs well '.repeat(i % 40)}\n`)
      const binary = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
      await client.send(
        new PutRecordBatchCommand({
          DeliveryStreamName: name,
          Records: lines.map((line) => ({ Data: Buffer.from(line) })),
        }),
      )
      await client.send(new PutRecordCommand({ DeliveryStreamName: name, Record: { Data: binary } }))
      const expected = Buffer.concat([Buffer.from(lines.join('')), binary])
      const delivered = await deliveredBytes(server.bucketsPath, name, expected.length)
      assert.equal(delivered.length, expected.length)
      // Objects of the same second are listed in no order.
      assert(delivered.includes(Buffer.from(lines.join(''))))
      assert(delivered.includes(binary))
      for (const { key } of listObjects(server.bucketsPath, name)) {
        assert.match(key, new RegExp(`${UUID}${EXTENSIONS[format]!.replace('.', '\\.')}$`))
      }
    })
  }

  it('as archives that gzip and unzip of this machine read', async (t) => {
    for (const [name, command, args] of [
      ['format-gzip', 'gzip', ['--decompress', '--stdout']],
      ['format-zip', 'unzip', ['-p']],
    ] as const) {
      const object = (await deliveredObjects(server.bucketsPath, name, 1))[0]!
      // gunzip wants its own extension, so it reads standard input.
      const { error, status, stdout } =
        command === 'gzip'
          ? spawnSync(command, args, { input: readFileSync(object.path), maxBuffer: 2 ** 26 })
          : spawnSync(command, [...args, object.path], { maxBuffer: 2 ** 26 })
      if (error !== undefined) {
        t.diagnostic(`${command} is not on this machine`)
        continue
      }
      assert.equal(status, 0)
      assert.deepEqual(stdout, readObject(object))
    }
  })

  it('also when they wait encrypted', async () => {
    await createStream(client, 'at-rest')
    await client.send(new StartDeliveryStreamEncryptionCommand({ DeliveryStreamName: 'at-rest' }))
    await put('at-rest', 'a secret of somebody')
    assert.equal((await deliveredBytes(server.bucketsPath, 'at-rest', 20)).toString(), 'a secret of somebody')
  })

  it('one behind the other, nothing between them, in one object when they fit the hints', async () => {
    await createStream(client, 'joined', { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 } })
    for (const text of ['a', '', 'bc']) await put('joined', text)
    const objects = await deliveredObjects(server.bucketsPath, 'joined', 3)
    assert.deepEqual(
      objects.map((object) => readObject(object).toString()),
      ['abc'],
    )
  })
})

describe('keys', () => {
  it('begin with the hour when no prefix says otherwise, and end in name, version, time and id', async () => {
    await createStream(client, 'plain-key', { Prefix: 'logs/' })
    await put('plain-key', 'x')
    const [object] = await deliveredObjects(server.bucketsPath, 'plain-key', 1)
    const key = new RegExp(
      `^logs/(\\d{4})/(\\d\\d)/(\\d\\d)/(\\d\\d)/plain-key-1-\\1-\\2-\\3-\\4-\\d\\d-\\d\\d-${UUID}$`,
    )
    assert.match(object!.key, key)
  })

  it('follow expressions, the time zone and the file extension', async () => {
    await createStream(client, 'custom-key', {
      Prefix: 'y=!{timestamp:yyyy}/zone=!{timestamp:Z}/r=!{firehose:random-string}/',
      ErrorOutputPrefix: 'failed/!{firehose:error-output-type}/',
      CustomTimeZone: 'Asia/Kolkata',
      FileExtension: '.log',
    })
    await put('custom-key', 'x')
    const [object] = await deliveredObjects(server.bucketsPath, 'custom-key', 1)
    assert.match(
      object!.key,
      new RegExp(`^y=\\d{4}/zone=\\+0530/r=[\\w-]{11}/custom-key-1-[\\d-]{19}-${UUID}\\.log$`),
    )
  })

  it('carry the version that was in force at delivery', async () => {
    await createStream(client, 'versioned', { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 2 } })
    await put('versioned', 'x')
    await client.send(
      new UpdateDestinationCommand({
        DeliveryStreamName: 'versioned',
        CurrentDeliveryStreamVersionId: '1',
        DestinationId: 'destinationId-000000000001',
        ExtendedS3DestinationUpdate: { Prefix: 'second/' },
      }),
    )
    const [object] = await deliveredObjects(server.bucketsPath, 'versioned', 1)
    assert.match(object!.key, /^second\/.*\/versioned-2-/)
  })
})

describe('hints', () => {
  it('deliver at the size, without waiting for the age', async () => {
    await createStream(client, 'by-size', { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 900 } })
    const Data = Buffer.alloc(700_000, 'x')
    for (let i = 0; i < 3; i++) {
      await client.send(new PutRecordCommand({ DeliveryStreamName: 'by-size', Record: { Data } }))
    }
    await deliveredObjects(server.bucketsPath, 'by-size', Data.length)
  })

  it('deliver at the age when traffic stops', async () => {
    await createStream(client, 'by-age', { BufferingHints: { SizeInMBs: 128, IntervalInSeconds: 1 } })
    await put('by-age', 'x')
    await deliveredObjects(server.bucketsPath, 'by-age', 1)
  })

  it('are no reason to flush early when the delivery stream is updated', async () => {
    await createStream(client, 'updated', { BufferingHints: { SizeInMBs: 128, IntervalInSeconds: 900 } })
    await put('updated', 'x')
    await client.send(
      new UpdateDestinationCommand({
        DeliveryStreamName: 'updated',
        CurrentDeliveryStreamVersionId: '1',
        DestinationId: 'destinationId-000000000001',
        ExtendedS3DestinationUpdate: { CompressionFormat: 'GZIP' },
      }),
    )
    await put('updated', 'y')
    assert.deepEqual(listObjects(server.bucketsPath, 'updated'), [])
    await client.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: 'updated' }))
  })
})

it('backs every record up as it came, in objects of its own', { timeout: 90_000 }, async () => {
  await createStream(client, 'backed-up', {
    CompressionFormat: 'GZIP',
    S3BackupMode: 'Enabled',
    S3BackupConfiguration: destination('backed-up-source', {
      BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
      Prefix: 'raw/',
    }),
  })
  const Data = Buffer.alloc(600_000, 'line of text\n')
  for (let i = 0; i < 2; i++) {
    await client.send(new PutRecordCommand({ DeliveryStreamName: 'backed-up', Record: { Data } }))
  }
  await deliveredObjects(server.bucketsPath, 'backed-up', 2 * Data.length)
  // The first megabyte is full at once; the rest comes after a minute.
  const [first] = await deliveredObjects(server.bucketsPath, 'backed-up-source', Data.length)
  assert.match(first!.key, /^raw\/\d{4}\/\d\d\/\d\d\/\d\d\/backed-up-1-/)
})

it('discards what waits when the delivery stream is deleted', async () => {
  await createStream(client, 'discarded', { BufferingHints: { SizeInMBs: 128, IntervalInSeconds: 900 } })
  await put('discarded', 'nobody will read this')
  await client.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: 'discarded' }))
  await eventually(
    () =>
      createStream(client, 'discarded').then(
        () => true,
        () => undefined,
      ),
    'the name to be free',
  )
  await put('discarded', 'second life')
  const delivered = await deliveredBytes(server.bucketsPath, 'discarded', 11)
  assert.equal(delivered.toString(), 'second life')
})

it('delivers what was acknowledged before it was killed', async () => {
  await createStream(client, 'killed', { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 } })
  const lines = Array.from({ length: 20 }, (_, i) => `line ${i}\n`)
  for (const line of lines) await put('killed', line)
  await server.kill()
  await server.restart()
  const text = (await deliveredBytes(server.bucketsPath, 'killed', lines.join('').length)).toString()
  assert.deepEqual(text.split('\n').sort(), lines.join('').split('\n').sort())
})
