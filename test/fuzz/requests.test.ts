/** Bad requests that are good HTTP: bodies, base64, heads, prefixes. */

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { FirehoseCalls, s3Destination } from '../support/firehose-call.ts'
import { HydrantProcess } from '../support/hydrant-process.ts'
import type { SeededChance } from '../support/seeded-chance.ts'
import { assertAwsShaped } from './answer-shape.ts'
import { assertUnharmed, CASES, fuzz } from './fuzzing.ts'
import { deepJson, mutateBytes, mutateText, mutateTree } from './mutation.ts'
import { STREAM, VALID_REQUESTS } from './valid-requests.ts'

let server: HydrantProcess
let calls: FirehoseCalls

before(async () => {
  server = await HydrantProcess.start()
  calls = new FirehoseCalls(server.url)
  await calls.call('CreateDeliveryStream', {
    DeliveryStreamName: STREAM,
    ExtendedS3DestinationConfiguration: s3Destination('fuzzed'),
  })
})

after(async () => {
  calls?.close()
  await server?.remove()
})

it('makes ten thousand requests in all', () => {
  assert(Object.values(CASES).reduce((sum, count) => sum + count, 0) >= 10_000)
})

it('answers bodies that are damaged', async () => {
  await fuzz('bodies', async (chance, note) => {
    const { operation, input } = chance.pick(VALID_REQUESTS)
    const body = damagedBody(chance, input)
    note({ operation, body: body.toString('latin1') })
    assertAwsShaped(await calls.send(operation, body))
  })
  await assertUnharmed(server)
})

function damagedBody(chance: SeededChance, input: unknown): Buffer {
  const roll = chance.fraction()
  if (roll < 0.6) {
    let tree = input
    for (let times = chance.whole(1, 3); times > 0; times--) tree = mutateTree(chance, tree)
    return Buffer.from(JSON.stringify(tree) ?? 'undefined')
  }
  if (roll < 0.8) return Buffer.from(mutateText(chance, JSON.stringify(input, null, chance.whole(0, 2))))
  if (roll < 0.99) return mutateBytes(chance, Buffer.from(JSON.stringify(input)))
  return Buffer.from(deepJson(chance))
}

it('decodes base64 or says why not', async () => {
  await fuzz('base64', async (chance, note) => {
    const data = Buffer.from(Array.from({ length: chance.whole(0, 40) }, () => chance.whole(0, 255)))
    const text =
      chance.fraction() < 0.1 ? data.toString('base64') : mutateText(chance, data.toString('base64'))
    // Escapes and spaces around values are JSON all the same, and leave the way of the fast reader.
    const literal = chance.fraction() < 0.3 ? escapeSome(chance, text) : JSON.stringify(text)
    const isBatch = chance.fraction() < 0.5
    const record = `{${chance.pick(['', ' ', '\n\t'])}"Data"${chance.pick(['', ' '])}:${literal}}`
    const records = isBatch ? `"Records":[{"Data":"QQ=="},${record}]` : `"Record":${record}`
    const body = `{"DeliveryStreamName":"${STREAM}",${records}}`
    note(body)
    const answer = await calls.send(isBatch ? 'PutRecordBatch' : 'PutRecord', body)
    assertAwsShaped(answer)
    assert.equal(answer.status, isBase64(text) ? 200 : 400)
  })
  await assertUnharmed(server)
})

/** RFC 4648, with padding, and nothing in the bits that the last character has too many. */
function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text
}

function escapeSome(chance: SeededChance, text: string): string {
  const characters = [...JSON.stringify(text).slice(1, -1)]
  const isPlain = (character: string) => /[A-Za-z0-9+=]/.test(character)
  const escaped = characters.map((character, index) =>
    isPlain(character) &&
    characters[index - 1] !== '\\' &&
    !characters.slice(Math.max(0, index - 5), index).includes('\\') &&
    chance.fraction() < 0.2
      ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
      : character,
  )
  return `"${escaped.join('')}"`
}

const TARGETS = [
  'Firehose_20150804.',
  'Firehose_20150804',
  'Kinesis_20131202.PutRecord',
  '.',
  'PutRecord',
  'Firehose_20150804.__proto__',
]
const CONTENT_TYPES = [
  'application/x-amz-json-1.1',
  'application/x-amz-json-1.0',
  'application/json',
  'text/plain',
  'application/x-amz-json-1.1; charset=utf-8',
  ';',
  'x',
]

it('answers any target, content type and origin', async () => {
  await fuzz('heads', async (chance, note) => {
    const { operation, input } = chance.pick(VALID_REQUESTS)
    const target =
      chance.fraction() < 0.4 ? chance.pick(TARGETS) : mutateText(chance, `Firehose_20150804.${operation}`)
    const headers = {
      'X-Amz-Target': headerSafe(target),
      'Content-Type': headerSafe(
        chance.fraction() < 0.5 ? chance.pick(CONTENT_TYPES) : mutateText(chance, CONTENT_TYPES[0]!),
      ),
      ...(chance.fraction() < 0.2 ? { Origin: 'https://example.com' } : {}),
      ...(chance.fraction() < 0.2
        ? { Authorization: headerSafe(mutateText(chance, 'AWS4-HMAC-SHA256 Credential=a')) }
        : {}),
    }
    const body = chance.pick(['', '{}', JSON.stringify(input), 'x'])
    note({ headers, body })
    assertAwsShaped(await calls.send(operation, body, headers))
  })
  await assertUnharmed(server)
})

/** Node's client refuses to send control characters; raw sockets send them in framing.test.ts. */
function headerSafe(text: string): string {
  return text.replace(/[^\t\x20-\x7e]/g, '?').slice(0, 4000)
}

const PIECES = [
  'a',
  '/',
  '//',
  '..',
  '!',
  '{',
  '}',
  '!{',
  '!{timestamp:',
  '!{firehose:',
  'yyyy',
  'MM/dd',
  "'",
  "''",
  "'T'",
  'Z',
  'zzzz',
  'EEEE',
  'random-string}',
  'error-output-type}',
  '!{timestamp:yyyy}',
  '!{firehose:random-string}',
  '!{firehose:error-output-type}',
  '!{partitionKeyFromQuery:a}',
  '!{partitionKeyFromLambda:b}',
  'é',
  ' ',
  '\\',
  '%',
  'yyyyyyyyyyyyyyyyyyyy',
]

it('takes a prefix or refuses it, and evaluates those it took', async () => {
  const bucket = 'fuzzed-prefixes'
  await fuzz('prefixes', async (chance, note) => {
    const name = `prefix-${chance.whole(0, 1e9)}`
    const prefix = (length: number) =>
      Array.from({ length: chance.whole(0, length) }, () => chance.pick(PIECES)).join('')
    const block = s3Destination(bucket, {
      Prefix: prefix(8),
      ErrorOutputPrefix: chance.fraction() < 0.5 ? 'e/!{firehose:error-output-type}/' : prefix(5),
      ...(chance.fraction() < 0.3 ? { CustomTimeZone: mutateText(chance, 'America/New_York') } : {}),
    })
    note(block)
    const created = await calls.send(
      'CreateDeliveryStream',
      JSON.stringify({ DeliveryStreamName: name, ExtendedS3DestinationConfiguration: block }),
    )
    assertAwsShaped(created)
    if (created.status !== 200) return
    await calls.call('PutRecord', { DeliveryStreamName: name, Record: { Data: 'QQ==' } })
    if (chance.fraction() < 0.9) await calls.call('DeleteDeliveryStream', { DeliveryStreamName: name })
  })
  await assertUnharmed(server)
})
