/** Bytes that are not quite HTTP. */

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { FirehoseCalls, s3Destination } from '../support/firehose-call.ts'
import { HydrantProcess } from '../support/hydrant-process.ts'
import type { SeededChance } from '../support/seeded-chance.ts'
import { assertHttpAnswers } from './answer-shape.ts'
import { assertUnharmed, fuzz } from './fuzzing.ts'
import { mutateBytes, mutateText } from './mutation.ts'
import { exchange } from './raw-exchange.ts'
import { STREAM } from './valid-requests.ts'

let server: HydrantProcess

before(async () => {
  server = await HydrantProcess.start()
  const calls = new FirehoseCalls(server.url)
  await calls.call('CreateDeliveryStream', {
    DeliveryStreamName: STREAM,
    ExtendedS3DestinationConfiguration: s3Destination('fuzzed'),
  })
  calls.close()
})

after(async () => {
  await server?.remove()
})

const BODY = `{"DeliveryStreamName":"${STREAM}","Record":{"Data":"QQ=="}}`
const METHODS = [
  'POST',
  'GET',
  'PUT',
  'OPTIONS',
  'HEAD',
  'DELETE',
  'PATCH',
  'CONNECT',
  'TRACE',
  'post',
  'X',
  '',
]
const PATHS = [
  '/',
  '',
  '*',
  '/health',
  '/metrics',
  '/x?y=z',
  'http://other/',
  '/%',
  '/\0',
  `/${'a'.repeat(20_000)}`,
  '//',
]
const VERSIONS = ['HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', 'ICY', '']
const HEADERS = [
  'Content-Length: 0',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Content-Length: 0x10',
  'Content-Length: 1, 1',
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: gzip',
  'Transfer-Encoding : chunked',
  'Expect: 100-continue',
  'Expect: 200-maybe',
  'Connection: upgrade',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Content-Encoding: gzip',
  'Host: other',
  'Host:',
  'X: \0',
  'X: \x7f',
  ' folded: x',
  ':',
  'X',
  `X: ${'y'.repeat(20_000)}`,
  'Connection: close',
  'Connection: keep-alive, x',
  'Authorization: Basic eDp5',
  'Origin: null',
]
const CHUNKS = [
  '0\r\n\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
  'ffffffffffffffffff\r\n',
  '-1\r\n',
  'x\r\n',
  '5;ext=1\r\nhello\r\n0\r\nTrailer: x\r\n\r\n',
  '5\r\nhel',
]

function request(chance: SeededChance): string {
  const extra = Array.from({ length: chance.whole(0, 3) }, () => chance.pick(HEADERS))
  const isPlain = chance.fraction() < 0.5
  const line = isPlain
    ? 'POST / HTTP/1.1'
    : `${chance.pick(METHODS)} ${chance.pick(PATHS)} ${chance.pick(VERSIONS)}`
  const head = [
    line,
    'Host: localhost',
    'Content-Type: application/x-amz-json-1.1',
    'X-Amz-Target: Firehose_20150804.PutRecord',
    ...(chance.fraction() < 0.7 ? [`Content-Length: ${BODY.length + chance.pick([0, 0, 0, -1, 1])}`] : []),
    ...extra,
  ]
  const end = chance.pick(['\r\n', '\r\n', '\r\n', '\n', '\r'])
  return `${head.join(end)}${end}${end}${chance.fraction() < 0.8 ? BODY : chance.pick(CHUNKS)}`
}

it('answers or closes, whatever the bytes', async () => {
  await fuzz('framing', async (chance, note) => {
    const requests = Array.from({ length: chance.whole(1, 3) }, () => request(chance))
    const text = chance.fraction() < 0.3 ? mutateText(chance, requests.join('')) : requests.join('')
    const bytes = Buffer.from(text, 'latin1')
    const sent = chance.fraction() < 0.3 ? mutateBytes(chance, bytes) : bytes
    const cut = chance.whole(0, sent.length)
    note(sent.toString('latin1'))
    assertHttpAnswers(await exchange(server.url, [sent.subarray(0, cut), sent.subarray(cut)]))
  })
  await assertUnharmed(server)
})

it('answers 413 to a body above its bound while it arrives, without reading all of it', async () => {
  const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: Firehose_20150804.PutRecord\r\n`
  const declared = await exchange(server.url, [Buffer.from(`${head}Content-Length: 900000000\r\n\r\n{`)])
  assert.match(declared, /^HTTP\/1\.1 413 /)
  const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(2 ** 20, 'x'), Buffer.from('\r\n')])
  const chunked = [
    Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`),
    ...Array.from({ length: 20 }, () => chunk),
  ]
  assert.match(await exchange(server.url, chunked), /^(HTTP\/1\.1 413 |$)/)
  await assertUnharmed(server)
})

it('keeps serving while connections stay half open', async () => {
  const silent = await Promise.allSettled(
    Array.from({ length: 50 }, () =>
      exchange(server.url, [Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nContent-Le')]),
    ),
  )
  assert(silent.every(({ status }) => status === 'fulfilled'))
  await assertUnharmed(server)
})
