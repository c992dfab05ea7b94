/**
 * The checks that every request passes, in AWS's order, and what answers it in the end:
 *
 * ```
 *  1  body above the limit              413
 *  2  OPTIONS with an Origin            200, CORS
 *  3  not POST                          403 XML
 *  4  empty body                        SerializationException | UnknownOperationException
 *  5  content type not JSON 1.1         403 | 404 XML
 *  6  not a JSON object                 SerializationException
 *  7  unknown target                    UnknownOperationException
 *  8  signature, policy                 sigv4.ts, policy.ts
 *  9  types and constraints             model/
 * 10  the operation's own rules
 * ```
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller } from '../config/config.ts'
import { ApiError } from '../errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import type { ApiObserver } from '../observability/events.ts'
import type { Clock } from '../platform.ts'
import {
  type AnswerHeaders,
  answer,
  answerError,
  answerJson,
  answerPreflight,
  answerXml,
  newRequestId,
} from './answer.ts'
import type { Operation } from './operation.ts'
import { authorize } from './policy.ts'
import { type PutAnswer, Puts } from './puts.ts'
import type { Quotas } from './quotas.ts'
import { BodyAbortedError, BodyTooLargeError, type ReceivedBody, type RequestBodies } from './request-body.ts'
import type { SignatureVerifier } from './sigv4.ts'

const TARGET = 'Firehose_20150804.'
const JSON_TYPE = 'application/x-amz-json-1.1'
const UNDETERMINED = 'Unable to determine service/operation name to be authorized'

export interface FrontEndOptions {
  readonly clock: Clock
  readonly bodies: RequestBodies
  /** Absent: the server has no callers configured, and accepts any signature. */
  readonly verifier: SignatureVerifier | undefined
  readonly operations: ReadonlyMap<string, Operation>
  readonly puts: Puts
  readonly quotas: Quotas
  readonly validate: (operation: string, input: JsonObject) => JsonObject
  readonly arnOf: (streamName: string) => string
  readonly streamExists: (streamName: string) => boolean
  readonly observer: ApiObserver
  /** A defect: answered with InternalFailure, and worth a line in the log. */
  readonly failed: (error: unknown) => void
}

interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly headers: AnswerHeaders
  readonly startedMs: number
}

interface Outcome {
  operation: string
  streamName: string
  records: number
  bytes: number
  errorType: string
}

export class FrontEnd {
  readonly #options: FrontEndOptions

  constructor(options: FrontEndOptions) {
    this.#options = options
  }

  async handle(request: IncomingMessage, response: ServerResponse, close: boolean): Promise<void> {
    const hasOrigin = request.headers.origin !== undefined
    const headers: AnswerHeaders = { requestId: newRequestId(), hasOrigin, close }
    const call: Call = { request, response, headers, startedMs: this.#options.clock.monotonic() }
    if (request.method === 'OPTIONS' && hasOrigin) {
      request.resume()
      answerPreflight(response, headers, {
        methods: request.headers['access-control-request-method'],
        headers: request.headers['access-control-request-headers'],
      })
      return
    }
    let body: ReceivedBody
    try {
      body = await this.#options.bodies.receive(request, this.#options.verifier !== undefined)
    } catch (error) {
      if (error instanceof BodyTooLargeError)
        answer(response, { ...headers, close: true }, 413, undefined, Buffer.alloc(0))
      else if (!(error instanceof BodyAbortedError)) throw error
      return
    }
    try {
      await this.#answerBody(call, body)
    } finally {
      body.release()
    }
  }

  async #answerBody(call: Call, body: ReceivedBody): Promise<void> {
    const { request, response, headers } = call
    const target = request.headers['x-amz-target']
    if (request.method !== 'POST') {
      answerXml(response, headers, 403, 'AccessDeniedException', UNDETERMINED)
      return
    }
    const isJson = contentType(request) === JSON_TYPE
    if (body.bytes.length > 0 && !isJson) {
      if (target === undefined) answerXml(response, headers, 403, 'AccessDeniedException', UNDETERMINED)
      else answerXml(response, headers, 404, 'UnknownOperationException', '')
      return
    }
    const outcome: Outcome = { operation: '', streamName: '', records: 0, bytes: 0, errorType: '' }
    try {
      const bytes = await this.#run(call, body, String(target ?? ''), outcome)
      answerJson(response, headers, 200, bytes)
    } catch (error) {
      const known = this.#toApiError(error)
      outcome.errorType = known.type
      answerError(response, headers, known)
    }
    this.#report(call, body, outcome)
  }

  async #run(call: Call, body: ReceivedBody, target: string, outcome: Outcome): Promise<Buffer> {
    const name = target.startsWith(TARGET) ? target.slice(TARGET.length) : ''
    const isPut = Puts.isPut(name)
    const isKnown = isPut || this.#options.operations.has(name)
    if (body.bytes.length === 0)
      throw new ApiError(isKnown ? 'SerializationException' : 'UnknownOperationException', '')
    if (isPut) {
      outcome.operation = name
      return this.#put(call, body, name, outcome)
    }
    const json = parseObject(body.bytes)
    const operation = this.#options.operations.get(name)
    if (operation === undefined) throw new ApiError('UnknownOperationException', '')
    outcome.operation = name
    const streamName = typeof json['DeliveryStreamName'] === 'string' ? json['DeliveryStreamName'] : ''
    const caller = this.#authenticate(call, body)
    this.#authorize(caller, name, streamName, json)
    const input = this.#options.validate(name, json)
    this.#options.quotas.checkControlRate(name)
    outcome.streamName = streamName
    const { requestId } = call.headers
    const output = await operation.run(input, caller === undefined ? { requestId } : { requestId, caller })
    return Buffer.from(JSON.stringify(output))
  }

  async #put(call: Call, body: ReceivedBody, name: string, outcome: Outcome): Promise<Buffer> {
    const { puts } = this.#options
    const scanned = puts.scanned(name, body.bytes)
    const json = scanned === undefined ? parseObject(body.bytes) : undefined
    const caller = this.#authenticate(call, body)
    const streamName = scanned?.streamName ?? String(json?.['DeliveryStreamName'] ?? '')
    this.#authorize(caller, name, streamName, json)
    outcome.streamName = streamName
    let stored: PutAnswer | undefined
    if (scanned !== undefined) stored = await puts.store(name, scanned)
    if (stored === undefined)
      stored = await puts.store(name, puts.parsed(name, json ?? parseObject(body.bytes)))
    if (stored === undefined) throw new Error('A put that was parsed could not be decoded.')
    outcome.records = stored.records
    outcome.bytes = stored.bytes
    return stored.body
  }

  #authenticate({ request }: Call, { sha256 }: ReceivedBody): Caller | undefined {
    const { method = '', url: target = '/', rawHeaders } = request
    const { verifier, clock } = this.#options
    return verifier?.verify({ method, target, rawHeaders, bodySha256: sha256 }, clock.now())
  }

  #authorize(caller: Caller | undefined, operation: string, streamName: string, json?: JsonObject): void {
    if (caller === undefined) return
    const resource = this.#options.arnOf(operation === 'ListDeliveryStreams' ? '*' : streamName)
    authorize(caller, operation, resource)
    if (operation === 'CreateDeliveryStream' && json?.['Tags'] !== undefined) {
      authorize(caller, 'TagDeliveryStream', resource)
    }
  }

  #toApiError(error: unknown): ApiError {
    if (error instanceof ApiError) return error
    this.#options.failed(error)
    return new ApiError('InternalFailure', 'The request processing has failed because of an unknown error.')
  }

  #report(call: Call, body: ReceivedBody, outcome: Outcome): void {
    if (outcome.operation === '') return
    const { observer, clock, streamExists } = this.#options
    observer.request({
      operation: outcome.operation,
      ...(streamExists(outcome.streamName) ? { streamName: outcome.streamName } : {}),
      ...(outcome.errorType === '' ? {} : { errorType: outcome.errorType }),
      durationMs: clock.monotonic() - call.startedMs,
      bytes: Puts.isPut(outcome.operation) ? outcome.bytes : body.bytes.length,
      records: outcome.records,
    })
  }
}

function contentType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase()
}

function parseObject(bytes: Buffer): JsonObject {
  try {
    const value = JSON.parse(bytes.toString('utf8')) as Json
    if (isJsonObject(value)) return value
  } catch {
    // Answered below, as for any other JSON that is no object.
  }
  throw new ApiError('SerializationException', '')
}
