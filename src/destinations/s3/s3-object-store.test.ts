/** What goes over the wire, and what is made of the answers. Against real servers: `test/conformance/`, `test/integration/`. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { crc32 } from 'node:zlib'
import { bodyOf, numberedBytes } from '../../../test/support/bodies.ts'
import { DeliveryError } from '../../errors.ts'
import type { EndpointSettings } from './s3-connection.ts'
import { S3ObjectStore } from './s3-object-store.ts'

const never = new AbortController().signal
const OCTETS = { contentType: 'application/octet-stream' }
const PART_BYTES = 100_000

interface Received {
  readonly method: string
  /** With the query, decoded. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

interface Stub {
  readonly received: Received[]
  readonly store: S3ObjectStore
  readonly connections: () => number
}

/** An S3 that says what the test wants. */
async function openStub(
  t: TestContext,
  answer: (request: Received) => Answer = defaultAnswer,
  overrides: Partial<EndpointSettings> = {},
): Promise<Stub> {
  const received: Received[] = []
  let connections = 0
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const got = { method, target: decodeURIComponent(url), headers, body: await readAll(request) }
    received.push(got)
    const { status = 200, headers: answered = {}, body = '' } = answer(got)
    response.writeHead(status, { 'content-type': 'application/xml', ...answered })
    response.end(method === 'HEAD' ? undefined : body)
  }).listen(0, '127.0.0.1')
  server.on('connection', () => connections++)
  await once(server, 'listening')
  const store = new S3ObjectStore({
    kind: 'endpoint',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a-secret', sessionToken: 'a-token' },
    forcePathStyle: true,
    sendAcl: true,
    requestChecksums: 'WHEN_SUPPORTED',
    connectTimeoutMs: 1000,
    requestTimeoutMs: 5000,
    partBytes: PART_BYTES,
    ...overrides,
  })
  t.after(async () => {
    await store.close()
    server.closeAllConnections()
    server.close()
  })
  return { received, store, connections: () => connections }
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function defaultAnswer({ method, target }: Received): Answer {
  if (method === 'POST' && /\?uploads/.test(target)) return { body: '<R><UploadId>upload/1</UploadId></R>' }
  if (method === 'POST') return { body: '<R><ETag>"whole"</ETag></R>' }
  if (method === 'DELETE') return { status: 204 }
  return { headers: { etag: '"tag"' } }
}

function errorAnswer(status: number, code: string, message = 'A sentence of S3.'): Answer {
  return { status, body: `<Error><Code>${code}</Code><Message>${message}</Message></Error>` }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function crc32Base64(bytes: Uint8Array): string {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(bytes))
  return sum.toString('base64')
}

test('a small body is one request, with its length, digests and headers', async (t) => {
  const { store, received } = await openStub(t)
  const content = numberedBytes(PART_BYTES)
  const kmsKeyArn = 'arn:aws:kms:eu-west-1:000000000000:key/1'
  await store.put(
    'bucket',
    'a b/ü+c',
    bodyOf(content, 7000),
    { ...OCTETS, contentEncoding: 'gzip', kmsKeyArn },
    never,
  )
  assert.equal(received.length, 1)
  const { method, target, headers, body } = received[0]!
  assert.equal(method, 'PUT')
  assert.match(target, /^\/bucket\/a b\/ü\+c(\?x-id=PutObject)?$/)
  assert.ok(body.equals(content))
  for (const [name, value] of Object.entries({
    'content-length': String(PART_BYTES),
    'content-type': 'application/octet-stream',
    'content-encoding': 'gzip',
    'x-amz-acl': 'bucket-owner-full-control',
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyArn,
    'x-amz-content-sha256': sha256(content),
    'x-amz-checksum-crc32': crc32Base64(content),
    'x-amz-security-token': 'a-token',
    'transfer-encoding': undefined,
    expect: undefined,
  })) {
    assert.equal(headers[name], value, name)
  }
  assert.match(
    headers.authorization ?? '',
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d+\/eu-west-1\/s3\/aws4_request/,
  )
})

test('servers that know neither ACLs nor checksums are spared them', async (t) => {
  const { store, received } = await openStub(t, defaultAnswer, {
    sendAcl: false,
    requestChecksums: 'WHEN_REQUIRED',
  })
  await store.put('bucket', 'small', bodyOf('abc'), OCTETS, never)
  await store.put('bucket', 'large', bodyOf(numberedBytes(PART_BYTES + 1)), OCTETS, never)
  assert.equal(received.length, 5)
  for (const { headers, body } of received) {
    const names = Object.keys(headers).filter((name) => /acl|checksum|encoding|server-side/.test(name))
    assert.deepEqual(names, [])
    assert.doesNotMatch(body.toString(), /Checksum/)
  }
})

test('a large body goes up by parts, which are completed in their order', async (t) => {
  const { store, received } = await openStub(t)
  const content = numberedBytes(3 * PART_BYTES + 17)
  await store.put('bucket', 'large', bodyOf(content, 7000), { ...OCTETS, contentEncoding: 'gzip' }, never)
  const created = received[0]!
  assert.equal(created.method, 'POST')
  assert.match(created.target, /^\/bucket\/large\?uploads/)
  assert.equal(created.headers['content-encoding'], 'gzip')
  assert.equal(created.headers['x-amz-acl'], 'bucket-owner-full-control')
  assert.equal(created.headers['x-amz-checksum-algorithm'], 'CRC32')
  const parts = received.filter(({ method }) => method === 'PUT')
  const numberOf = ({ target }: Received) => Number(/partNumber=(\d+)/.exec(target)?.[1])
  parts.sort((a, b) => numberOf(a) - numberOf(b))
  assert.deepEqual(parts.map(numberOf), [1, 2, 3, 4])
  assert.ok(Buffer.concat(parts.map(({ body }) => body)).equals(content))
  for (const { headers, body, target } of parts) {
    assert.equal(headers['x-amz-content-sha256'], sha256(body))
    assert.equal(headers['x-amz-checksum-crc32'], crc32Base64(body))
    assert.match(target, /uploadId=upload\/1/)
  }
  const completed = received.at(-1)!.body.toString()
  const listed = [...completed.matchAll(/<ChecksumCRC32>(.*?)<\/ChecksumCRC32>.*?<PartNumber>(\d+)/g)]
  assert.deepEqual(
    listed.map(([, sum, number]) => [sum, number]),
    parts.map((part, i) => [crc32Base64(part.body), String(i + 1)]),
  )
})

test('connections are kept for the next request', async (t) => {
  const { store, connections } = await openStub(t)
  for (let i = 0; i < 5; i++)
    await store.put('bucket', `${i}`, bodyOf(numberedBytes(PART_BYTES)), OCTETS, never)
  assert.equal(connections(), 1)
})

test('errors have the codes of the guide, and S3’s own words', async (t) => {
  let answer: Answer = {}
  const { store, received } = await openStub(t, () => answer)
  for (const [given, code] of [
    [errorAnswer(404, 'NoSuchBucket'), 'S3.NoSuchBucket'],
    [errorAnswer(403, 'AccessDenied'), 'S3.AccessDenied'],
    [errorAnswer(403, 'SignatureDoesNotMatch'), 'S3.AccessDenied'],
    [errorAnswer(403, 'InvalidAccessKeyId'), 'S3.InvalidToken'],
    [errorAnswer(400, 'ExpiredToken'), 'S3.InvalidToken'],
    [errorAnswer(403, 'AllAccessDisabled'), 'S3.AllAccessDisabled'],
    [errorAnswer(403, 'InvalidPayer'), 'S3.InvalidPayer'],
    [errorAnswer(403, 'NotSignedUp'), 'S3.NotSignedUp'],
    [errorAnswer(403, 'AccountProblem'), 'S3.AccountProblem'],
    [errorAnswer(405, 'MethodNotAllowed'), 'S3.MethodNotAllowed'],
    [errorAnswer(503, 'SlowDown'), 'S3.SlowDown'],
    [errorAnswer(503, 'ServiceUnavailable'), 'S3.SlowDown'],
    [errorAnswer(429, 'Whatever'), 'S3.SlowDown'],
    [errorAnswer(301, 'PermanentRedirect'), 'S3.IllegalLocationConstraintException'],
    [errorAnswer(400, 'AuthorizationHeaderMalformed'), 'S3.IllegalLocationConstraintException'],
    [errorAnswer(400, 'KMS.NotFoundException'), 'S3.KMS.NotFoundException'],
    [errorAnswer(400, 'KMS.DisabledException'), 'S3.KMS.KeyDisabled'],
    [errorAnswer(400, 'KMS.KMSInvalidStateException'), 'S3.KMS.InvalidStateException'],
    [errorAnswer(400, 'KMS.ThrottlingException'), 'S3.KMS.RequestLimitExceeded'],
    [errorAnswer(400, 'KMS.InvalidKeyUsageException'), 'S3.KMS.AsymmetricCMKNotSupported'],
    [errorAnswer(500, 'InternalError'), 'InternalError'],
    [errorAnswer(501, 'NotImplemented'), 'InternalError'],
    [errorAnswer(418, 'Teapot', 'x'.repeat(5000)), 'InternalError'],
  ] as const) {
    answer = given
    const before = received.length
    await assert.rejects(store.put('bucket', 'k', bodyOf('abc'), OCTETS, never), (error: unknown) => {
      assert.ok(error instanceof DeliveryError)
      assert.equal(error.code, code, given.body)
      assert.equal(error.retryable, true)
      assert.match(error.message, new RegExp(`S3 answered ${given.status} `))
      assert.doesNotMatch(error.message, /a-secret|a-token|Signature=/)
      assert.ok(error.message.length < 600)
      return true
    })
    assert.equal(received.length, before + 1, 'one try')
  }
})

test('answers without words are known by their status', async (t) => {
  let status = 0
  const { store } = await openStub(t, () => ({ status, body: '<html>Oh no</html>' }))
  for (const [given, code] of [
    [403, 'S3.AccessDenied'],
    [503, 'S3.SlowDown'],
    [502, 'InternalError'],
    [400, 'InternalError'],
  ] as const) {
    status = given
    await assert.rejects(store.put('bucket', 'k', bodyOf('abc'), OCTETS, never), { code })
    await assert.rejects(store.head('bucket', 'k', never), { code })
    await assert.rejects(store.check('bucket', never), { code })
  }
})

test('an object is there only when its bucket says so', async (t) => {
  const { store, received } = await openStub(t, ({ target }) => ({
    status: target.includes('missing') ? 404 : 200,
    headers: target.includes('present') ? { etag: '"tag"', 'content-length': '42' } : {},
  }))
  assert.equal(await store.head('bucket', 'present', never), 42)
  assert.equal(await store.head('bucket', 'missing', never), undefined)
  assert.deepEqual(
    received.map(({ method, target }) => `${method} ${target.split('?')[0]}`),
    ['HEAD /bucket/present', 'HEAD /bucket/missing', 'HEAD /bucket/'],
  )
  await assert.rejects(store.head('bucket', 'a-page-of-something-else', never), /not one of S3/)
})

test('unfinished uploads are found over several pages, and only those of the key are aborted', async (t) => {
  const uploads = ['k', 'k', 'k', 'k-longer', 'k'].map((key, i) => ({ key, id: `id-${i}` }))
  const { store, received } = await openStub(t, ({ method, target }) => {
    if (method === 'DELETE') {
      const at = uploads.findIndex(({ id }) => target.includes(`uploadId=${id}`))
      if (at >= 0) uploads.splice(at, 1)
      return { status: 204 }
    }
    const from = Number(/upload-id-marker=(\d+)/.exec(target)?.[1] ?? 0)
    const page = uploads.slice(from, from + 2)
    const listed = page.map(({ key, id }) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`)
    const next = from + 2 < uploads.length
    const markers = `<NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>${from + 2}</NextUploadIdMarker>`
    return {
      body: `<R><Bucket>bucket</Bucket>${listed.join('')}<IsTruncated>${next}</IsTruncated>${next ? markers : ''}</R>`,
    }
  })
  await store.abortUnfinished('bucket', 'k', never)
  assert.deepEqual(uploads, [{ key: 'k-longer', id: 'id-3' }])
  for (const { target } of received.filter(({ method }) => method === 'GET')) assert.match(target, /prefix=k/)
})

test('a closed store makes no requests', async (t) => {
  const { store, received } = await openStub(t)
  await store.close()
  await assert.rejects(store.check('bucket', never), /closed/)
  assert.equal(received.length, 0)
})
