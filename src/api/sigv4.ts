/**
 * Verifies AWS Signature Version 4, in the Authorization header or in the query.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */

import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { Caller } from '../config/config.ts'
import { ApiError } from '../errors.ts'

const ALGORITHM = 'AWS4-HMAC-SHA256'
const SERVICE = 'firehose'
const SKEW_MS = 5 * 60 * 1000
const EXPIRES_SECONDS_MAX = 7 * 24 * 60 * 60
const KEYS_MAX = 1000

export interface SignedRequest {
  readonly method: string
  /** Path and query as they came. */
  readonly target: string
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  /** SHA-256 of the body, hex. */
  readonly bodySha256: string
}

interface Signature {
  readonly where: 'header' | 'query'
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly terminator: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly timestamp: string
  readonly expiresSeconds: number | undefined
  readonly sessionToken: string | undefined
}

export class SignatureVerifier {
  readonly #callers: ReadonlyMap<string, Caller>
  readonly #region: string
  /** Derived keys: they hold for a day, and cost four HMACs. As key objects, because raw keys cost 6 µs a use. */
  readonly #keys = new Map<string, KeyObject>()

  constructor(callers: readonly Caller[], region: string) {
    this.#callers = new Map(callers.map((caller) => [caller.accessKeyId, caller]))
    this.#region = region
  }

  /**
   * @returns who signed
   * @throws {ApiError} with AWS's type and sentence for each way to fail
   */
  verify(request: SignedRequest, nowMs: number): Caller {
    const headers = headerMap(request.rawHeaders)
    const query = request.target.indexOf('?')
    const parameters = parseQuery(query < 0 ? '' : request.target.slice(query + 1))
    const signature = readSignature(headers, parameters)
    if (signature.service !== SERVICE || signature.terminator !== 'aws4_request') {
      throw invalid(`Credential should be scoped to correct service: '${SERVICE}'.`)
    }
    if (signature.region !== this.#region) throw invalid('Credential should be scoped to a valid region.')
    const caller = this.#callers.get(signature.accessKeyId)
    if (caller === undefined || caller.sessionToken !== signature.sessionToken) {
      throw new ApiError(
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      )
    }
    checkTime(signature, nowMs)
    checkBodyHash(headers.get('x-amz-content-sha256'), request.bodySha256)
    const path = query < 0 ? request.target : request.target.slice(0, query)
    const canonical = [
      request.method,
      canonicalPath(path),
      canonicalQuery(parameters),
      ...signature.signedHeaders.map((name) => `${name}:${headers.get(name) ?? ''}`),
      '',
      signature.signedHeaders.join(';'),
      request.bodySha256,
    ].join('\n')
    const scope = `${signature.date}/${signature.region}/${signature.service}/${signature.terminator}`
    const toSign = `${ALGORITHM}\n${signature.timestamp}\n${scope}\n${hash('sha256', canonical)}`
    const mac = createHmac('sha256', this.#signingKey(caller, signature)).update(toSign)
    // Compared as text: decoding hex would ignore what stands behind the last digit.
    const expected = Buffer.from(mac.digest('hex'))
    const given = Buffer.from(signature.signature)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw invalid(
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      )
    }
    if (caller.expiresAtMs !== undefined && caller.expiresAtMs <= nowMs) {
      throw new ApiError('ExpiredTokenException', 'The security token included in the request is expired')
    }
    return caller
  }

  #signingKey(caller: Caller, { date, region }: Signature): KeyObject {
    const name = `${caller.accessKeyId} ${date}`
    let key = this.#keys.get(name)
    if (key === undefined) {
      const dateKey = hmac(`AWS4${caller.secretAccessKey}`, date)
      key = createSecretKey(hmac(hmac(hmac(dateKey, region), SERVICE), 'aws4_request'))
      if (this.#keys.size >= KEYS_MAX) this.#keys.clear()
      this.#keys.set(name, key)
    }
    return key
  }
}

function readSignature(headers: ReadonlyMap<string, string>, parameters: readonly Parameter[]): Signature {
  const authorization = headers.get('authorization')
  const isInQuery = parameters.some(([name]) => name === 'X-Amz-Algorithm')
  if (authorization !== undefined && isInQuery) {
    throw invalid(`Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.`)
  }
  if (isInQuery) return fromQuery(new Map(parameters))
  if (authorization === undefined) {
    throw new ApiError('MissingAuthenticationTokenException', 'Missing Authentication Token')
  }
  return fromHeader(authorization, headers)
}

function fromHeader(authorization: string, headers: ReadonlyMap<string, string>): Signature {
  const space = authorization.indexOf(' ')
  const parts = new Map(
    authorization
      .slice(space + 1)
      .split(',')
      .map((part) => {
        const equals = part.indexOf('=')
        return [part.slice(0, equals).trim(), part.slice(equals + 1).trim()] as const
      }),
  )
  const missing: string[] = []
  for (const name of ['Credential', 'Signature', 'SignedHeaders']) {
    if (!parts.get(name)) missing.push(`Authorization header requires '${name}' parameter.`)
  }
  const timestamp = headers.get('x-amz-date') ?? httpDate(headers.get('date'))
  if (timestamp === undefined) {
    missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
  }
  const scope = (parts.get('Credential') ?? '').split('/')
  if (missing.length > 0 || timestamp === undefined) {
    throw new ApiError('IncompleteSignatureException', `${missing.join(' ')} Authorization=${authorization}`)
  }
  if (authorization.slice(0, space) !== ALGORITHM) {
    throw new ApiError(
      'IncompleteSignatureException',
      `Unsupported AWS 'algorithm'. Authorization=${authorization}`,
    )
  }
  return {
    where: 'header',
    ...scopeOf(scope),
    signedHeaders: (parts.get('SignedHeaders') ?? '').split(';'),
    signature: parts.get('Signature') ?? '',
    timestamp,
    expiresSeconds: undefined,
    sessionToken: headers.get('x-amz-security-token'),
  }
}

function fromQuery(parameters: ReadonlyMap<string, string>): Signature {
  const missing = ['Algorithm', 'Credential', 'Signature', 'SignedHeaders', 'Date']
    .filter((name) => !parameters.get(`X-Amz-${name}`))
    .map((name) => `AWS query-string parameters must include 'X-Amz-${name}'.`)
  if (missing.length > 0) {
    throw new ApiError(
      'IncompleteSignatureException',
      `${missing.join(' ')} Re-examine the query-string parameters.`,
    )
  }
  const parameter = (name: string) => parameters.get(`X-Amz-${name}`) ?? ''
  if (parameter('Algorithm') !== ALGORITHM) {
    throw new ApiError(
      'IncompleteSignatureException',
      "Unsupported AWS 'algorithm'. Re-examine the query-string parameters.",
    )
  }
  const expires = Number(parameters.get('X-Amz-Expires') ?? SKEW_MS / 1000)
  return {
    where: 'query',
    ...scopeOf(parameter('Credential').split('/')),
    signedHeaders: parameter('SignedHeaders').split(';'),
    signature: parameter('Signature'),
    timestamp: parameter('Date'),
    expiresSeconds: Math.min(Number.isFinite(expires) ? expires : 0, EXPIRES_SECONDS_MAX),
    sessionToken: parameters.get('X-Amz-Security-Token'),
  }
}

/** An access key id may hold slashes, the scope behind it has four parts. */
function scopeOf(credential: readonly string[]) {
  const [date = '', region = '', service = '', terminator = ''] = credential.slice(-4)
  return { accessKeyId: credential.slice(0, -4).join('/'), date, region, service, terminator }
}

function checkTime({ timestamp, date, expiresSeconds }: Signature, nowMs: number): void {
  const signedMs = parseTimestamp(timestamp)
  if (signedMs === undefined || !timestamp.startsWith(date)) {
    throw invalid('Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP')
  }
  const lastMs = signedMs + (expiresSeconds === undefined ? SKEW_MS : expiresSeconds * 1000)
  if (nowMs > lastMs) {
    const earliest = formatTimestamp(nowMs - (lastMs - signedMs))
    throw invalid(
      `Signature expired: ${timestamp} is now earlier than ${earliest} (${formatTimestamp(nowMs)} - 5 min.)`,
    )
  }
  if (signedMs > nowMs + SKEW_MS) {
    const latest = formatTimestamp(nowMs + SKEW_MS)
    throw invalid(
      `Signature not yet current: ${timestamp} is still later than ${latest} (${formatTimestamp(nowMs)} + 5 min.)`,
    )
  }
}

/** A hash that is declared must be that of the body; these services do not take unsigned payloads. */
function checkBodyHash(declared: string | undefined, actual: string): void {
  if (declared === undefined || declared.toLowerCase() === actual) return
  throw invalid(
    'The value of the x-amz-content-sha256 header is not the SHA-256 of the body that arrived. Sign the body as it is sent.',
  )
}

type Parameter = readonly [name: string, value: string]

function parseQuery(query: string): Parameter[] {
  if (query === '') return []
  return query.split('&').map((pair) => {
    const equals = pair.indexOf('=')
    const name = equals < 0 ? pair : pair.slice(0, equals)
    return [decode(name), equals < 0 ? '' : decode(pair.slice(equals + 1))]
  })
}

function canonicalQuery(parameters: readonly Parameter[]): string {
  return parameters
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? order(x, y) : order(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** Encoded once more: S3 alone takes the path as it is. */
function canonicalPath(path: string): string {
  return path.split('/').map(encode).join('/') || '/'
}

/** Lower-case names; values trimmed, runs of spaces one, repeated headers joined. */
function headerMap(rawHeaders: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase()
    const value = rawHeaders[i + 1]!.trim().replace(/ {2,}/g, ' ')
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : `${before},${value}`)
  }
  return headers
}

/** `20261124T120000Z`; undefined when it is not of that form. */
function parseTimestamp(timestamp: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

function formatTimestamp(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}

function httpDate(date: string | undefined): string | undefined {
  if (date === undefined) return undefined
  if (parseTimestamp(date) !== undefined) return date
  const epochMs = Date.parse(date)
  return Number.isNaN(epochMs) ? undefined : formatTimestamp(epochMs)
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest()
}

function invalid(message: string): ApiError {
  return new ApiError('InvalidSignatureException', message)
}
