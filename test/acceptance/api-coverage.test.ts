/** Holds API_COVERAGE.md against the service model, and every row of it against a running server. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { operationNames, shapeNamed } from '../../src/api/model/model.ts'
import type { JsonObject } from '../../src/json.ts'
import { FirehoseCalls } from '../support/firehose-call.ts'
import { HydrantProcess } from '../support/hydrant-process.ts'
import { readCoverage } from './coverage-document.ts'
import { type Call, callFor, createS3, createStream, masterKey, s3Sample } from './coverage-requests.ts'

const tables = readCoverage()

const members = (shape: string) => Object.keys(shapeNamed(shape).members ?? {})
const values = (shape: string) => shapeNamed(shape).enum ?? []
/** Blocks whose members have rows of their own. */
const OPENED = ['BufferingHints', 'EncryptionConfiguration', 'CloudWatchLoggingOptions']

const namesInModel: Readonly<Record<string, readonly string[]>> = {
  Operations: operationNames,
  CreateDeliveryStream: members('CreateDeliveryStreamInput'),
  Sources: values('DeliveryStreamType'),
  'S3 destination': members('ExtendedS3DestinationConfiguration').flatMap((name) => [
    name,
    ...(OPENED.includes(name) ? members(name).map((inner) => `${name}.${inner}`) : []),
  ]),
  'Compression formats': values('CompressionFormat'),
  Processors: values('ProcessorType'),
  Encryption: values('KeyType'),
  UpdateDestination: members('UpdateDestinationInput'),
}

test('there is a table for each part of the model', () => {
  assert.deepEqual([...tables.keys()].sort(), Object.keys(namesInModel).sort())
})

for (const [heading, names] of Object.entries(namesInModel)) {
  test(`the rows of "${heading}" are those of the model`, () => {
    const rows = (tables.get(heading) ?? []).map(({ name }) => name)
    assert.deepEqual([...rows].sort(), [...names].sort())
  })
}

const dataDirectory = mkdtempSync(join(tmpdir(), 'hydrant-coverage-'))
let server: HydrantProcess
let calls: FirehoseCalls
let streams = 0

before(async () => {
  const config = join(dataDirectory, 'hydrant.yaml')
  writeFileSync(config, `masterKeys:\n  ${masterKey.arn}: ${masterKey.base64}\n`)
  server = await HydrantProcess.start({ dataDirectory, settings: { CONFIG: config } })
  calls = new FirehoseCalls(server.url)
})

after(async () => {
  calls?.close()
  await server?.remove()
  rmSync(dataDirectory, { recursive: true, force: true, maxRetries: 3 })
})

const newStream = () => `coverage-${streams++}`

async function send({ operation, input }: Call): Promise<{ status: number; type?: string; text: string }> {
  const { status, text } = await calls.send(operation, JSON.stringify(input))
  const { __type: type } = JSON.parse(text) as { __type?: string }
  return { status, text, ...(type === undefined ? {} : { type }) }
}

async function assertAccepted(call: Call): Promise<void> {
  const answer = await send(call)
  assert.equal(answer.status, 200, answer.text)
}

async function assertRefused(call: Call): Promise<void> {
  const answer = await send(call)
  assert.equal(answer.type, 'InvalidArgumentException', answer.text)
  assert.match(answer.text, /not supported/)
}

/** The extended description of the only destination. */
async function describedS3(stream: string): Promise<JsonObject> {
  const { DeliveryStreamDescription: description } = await calls.call('DescribeDeliveryStream', {
    DeliveryStreamName: stream,
  })
  const [destination] = (description as JsonObject)['Destinations'] as readonly JsonObject[]
  return destination?.['ExtendedS3DestinationDescription'] as JsonObject
}

/** Each member that was given comes back: the backup under another name, and with its defaults. */
async function assertDescribed(stream: string, given: JsonObject): Promise<void> {
  const described = await describedS3(stream)
  for (const [member, value] of Object.entries(given)) {
    if (member === 'S3BackupConfiguration')
      assert.partialDeepStrictEqual(described['S3BackupDescription'], value)
    else assert.deepEqual(described[member], value, member)
  }
}

for (const [heading, rows] of tables) {
  for (const { name, status } of rows) {
    test(`${heading}: ${name} is as it says: ${status}`, async () => {
      const stream = newStream()
      const call = callFor(heading, name, stream)
      if (call.operation !== 'CreateDeliveryStream') await assertAccepted(createStream(stream))
      if (status === 'Supported') {
        await assertAccepted(call)
        if (heading === 'S3 destination') await assertDescribed(stream, s3Sample(name))
        return
      }
      await assertRefused(call)
      if (status === 'Off only') {
        const off = { [name]: { Enabled: false } }
        await assertAccepted(createS3(stream, off))
        await assertDescribed(stream, off)
      }
    })
  }
}
