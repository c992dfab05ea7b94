import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { SignatureV4 } from '@smithy/signature-v4'
import fc from 'fast-check'
import type { Caller } from '../config/config.ts'
import { ApiError } from '../errors.ts'
import { SignatureVerifier, type SignedRequest } from './sigv4.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')
const caller: Caller = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  arn: 'arn:aws:iam::000000000000:user/example',
  policy: [],
}
const session: Caller = { ...caller, accessKeyId: 'ASIAEXAMPLE', sessionToken: 'token/with+signs==' }
const expired: Caller = { ...caller, accessKeyId: 'ASIAOLD', expiresAtMs: NOW - 1 }
const verifier = new SignatureVerifier([caller, session, expired], 'us-east-1')
const BODY = '{"DeliveryStreamName":"s"}'

/** The hash that the AWS SDK's signer asks for, by Node. */
class Sha256 {
  readonly #hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array)
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(data as Uint8Array)
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }
  reset(): void {}
}

interface SignOptions {
  readonly by?: Caller
  readonly region?: string
  readonly service?: string
  readonly atMs?: number
  readonly headers?: Record<string, string>
  readonly query?: Record<string, string>
  readonly path?: string
  readonly body?: string
  readonly presign?: boolean
}

async function sign(options: SignOptions = {}): Promise<SignedRequest> {
  const { by = caller, region = 'us-east-1', service = 'firehose', atMs = NOW, body = BODY } = options
  const { accessKeyId, secretAccessKey, sessionToken } = by
  const signer = new SignatureV4({
    service,
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    sha256: Sha256,
  })
  const request = {
    method: 'POST',
    protocol: 'http:',
    hostname: 'localhost',
    path: options.path ?? '/',
    query: options.query ?? {},
    headers: { host: 'localhost', 'content-type': 'application/x-amz-json-1.1', ...options.headers },
    body,
  }
  const signingDate = new Date(atMs)
  const signed = await (options.presign
    ? signer.presign(request, { signingDate, expiresIn: 60 })
    : signer.sign(request, { signingDate }))
  const query = Object.entries(signed.query ?? {}).flatMap(([name, value]) =>
    [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one ?? '')}`),
  )
  return {
    method: 'POST',
    target: signed.path + (query.length === 0 ? '' : `?${query.join('&')}`),
    rawHeaders: Object.entries(signed.headers).flat(),
    bodySha256: createHash('sha256').update(body).digest('hex'),
  }
}

function fails(request: SignedRequest, type: string, message: RegExp | string, nowMs = NOW): void {
  assert.throws(
    () => verifier.verify(request, nowMs),
    (error: unknown) => {
      assert(error instanceof ApiError)
      assert.equal(error.type, type)
      assert.equal(error.status, 400)
      if (typeof message === 'string') assert.equal(error.message, message)
      else assert.match(error.message, message)
      return true
    },
  )
}

function withHeader(request: SignedRequest, name: string, value: string | undefined): SignedRequest {
  const pairs: string[] = []
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    if (request.rawHeaders[i]!.toLowerCase() !== name)
      pairs.push(request.rawHeaders[i]!, request.rawHeaders[i + 1]!)
  }
  return { ...request, rawHeaders: value === undefined ? pairs : [...pairs, name, value] }
}

function authorization(request: SignedRequest): string {
  return request.rawHeaders[
    request.rawHeaders.findIndex((name) => name.toLowerCase() === 'authorization') + 1
  ]!
}

describe('accepts what the AWS SDK signs', () => {
  test('in the header', async () => assert.equal(verifier.verify(await sign(), NOW), caller))
  test('in the query', async () =>
    assert.equal(verifier.verify(await sign({ presign: true, body: '' }), NOW), caller))
  test('with a session token', async () =>
    assert.equal(verifier.verify(await sign({ by: session }), NOW), session))
  test('with a session token in the query', async () =>
    assert.equal(verifier.verify(await sign({ by: session, presign: true, body: '' }), NOW), session))
  test('whatever headers, query and path it has', async () => {
    const text = fc.string({ unit: fc.constantFrom(..."abc XYZ019-_.~!*()'/+=&%:,;@$ü"), maxLength: 20 })
    const options = fc.record({
      headers: fc.dictionary(
        fc.stringMatching(/^x-h[a-z]{1,5}$/),
        text.filter((value) => value.trim() !== ''),
      ),
      query: fc.dictionary(fc.stringMatching(/^q[a-z]{1,5}$/), text),
      body: fc.string(),
    })
    await fc.assert(
      fc.asyncProperty(options, async (given) => {
        const latin = Object.fromEntries(
          Object.entries(given.headers).filter(([, value]) => !value.includes('ü')),
        )
        assert.equal(verifier.verify(await sign({ ...given, headers: latin }), NOW), caller)
      }),
      { numRuns: 200 },
    )
  })
})

describe('refuses in words of AWS', () => {
  test('no signature at all', () => {
    const request = { method: 'POST', target: '/', rawHeaders: ['host', 'localhost'], bodySha256: '' }
    fails(request, 'MissingAuthenticationTokenException', 'Missing Authentication Token')
  })

  test('parts missing from the header', async () => {
    const request = withHeader(
      withHeader(await sign(), 'authorization', 'AWS4-HMAC-SHA256 Foo=bar'),
      'x-amz-date',
      undefined,
    )
    fails(
      request,
      'IncompleteSignatureException',
      "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. " +
        "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a " +
        "'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256 Foo=bar",
    )
  })

  test('parts missing from the query', async () => {
    const request = { ...(await sign()), target: '/?X-Amz-Algorithm=AWS4-HMAC-SHA256' }
    fails(
      withHeader(request, 'authorization', undefined),
      'IncompleteSignatureException',
      /^AWS query-string parameters must include 'X-Amz-Credential'\. .*Re-examine the query-string parameters\.$/,
    )
  })

  test('header and query at once', async () => {
    const request = { ...(await sign()), target: '/?X-Amz-Algorithm=AWS4-HMAC-SHA256' }
    fails(request, 'InvalidSignatureException', /^Found both 'X-Amz-Algorithm' as a query-string param and/)
  })

  test('an unknown access key', async () => {
    const request = await sign({ by: { ...caller, accessKeyId: 'AKIDNOBODY' } })
    fails(request, 'UnrecognizedClientException', 'The security token included in the request is invalid.')
  })

  test('a wrong session token', async () => {
    const request = await sign({ by: { ...session, sessionToken: 'other' } })
    fails(request, 'UnrecognizedClientException', 'The security token included in the request is invalid.')
  })

  test('a wrong secret', async () => {
    const request = await sign({ by: { ...caller, secretAccessKey: 'guess' } })
    fails(request, 'InvalidSignatureException', /^The request signature we calculated does not match/)
  })

  test('another body than was signed', async () => {
    const request = { ...(await sign()), bodySha256: createHash('sha256').update('other').digest('hex') }
    fails(request, 'InvalidSignatureException', /match|SHA-256/)
  })

  test('a signed header that was changed on the way', async () => {
    fails(withHeader(await sign(), 'host', 'elsewhere'), 'InvalidSignatureException', /does not match/)
  })

  test('a signature that is no hex', async () => {
    const request = await sign()
    const broken = authorization(request).replace(/Signature=.*/, 'Signature=zz')
    fails(withHeader(request, 'authorization', broken), 'InvalidSignatureException', /does not match/)
  })

  test('a clock that is more than five minutes slow or fast', async () => {
    const slow = await sign({ atMs: NOW - 301_000 })
    fails(
      slow,
      'InvalidSignatureException',
      'Signature expired: 20261124T115459Z is now earlier than 20261124T115500Z (20261124T120000Z - 5 min.)',
    )
    fails(await sign({ atMs: NOW + 301_000 }), 'InvalidSignatureException', /^Signature not yet current: /)
    assert.equal(verifier.verify(await sign({ atMs: NOW - 299_000 }), NOW), caller)
  })

  test('a scope of another region or service', async () => {
    const region = await sign({ region: 'eu-west-1' })
    fails(region, 'InvalidSignatureException', 'Credential should be scoped to a valid region.')
    const service = await sign({ service: 'kinesis' })
    fails(service, 'InvalidSignatureException', "Credential should be scoped to correct service: 'firehose'.")
  })

  test('session credentials that expired', async () => {
    const request = await sign({ by: expired })
    fails(request, 'ExpiredTokenException', 'The security token included in the request is expired')
  })
})
