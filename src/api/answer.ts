/** Answers on the wire: compact JSON, or the XML that AWS's front end answers with before it knows the protocol. */

import { randomBytes, randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { ApiError } from '../errors.ts'

const JSON_TYPE = 'application/x-amz-json-1.1'
const EXPOSED = 'x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date'

/** What every answer of one request carries. */
export interface AnswerHeaders {
  readonly requestId: string
  readonly hasOrigin: boolean
  /** Ends the connection behind the answer: its rest cannot be trusted, or the server stops. */
  readonly close: boolean
}

export function answerJson(
  response: ServerResponse,
  headers: AnswerHeaders,
  status: number,
  body: Buffer,
): void {
  answer(response, headers, status, JSON_TYPE, body)
}

export function answerError(response: ServerResponse, headers: AnswerHeaders, error: ApiError): void {
  const text = error.message === '' ? {} : { [error.messageKey]: error.message }
  answerJson(response, headers, error.status, Buffer.from(JSON.stringify({ __type: error.type, ...text })))
}

export function answerXml(
  response: ServerResponse,
  headers: AnswerHeaders,
  status: number,
  type: string,
  message: string,
): void {
  const inner = message === '' ? '' : `\n  <Message>${message}</Message>\n`
  const body = message === '' ? `<${type}/>\n` : `<${type}>${inner}</${type}>\n`
  answer(response, headers, status, 'application/xml', Buffer.from(body))
}

/** What a browser asks before it calls another origin. */
export function answerPreflight(
  response: ServerResponse,
  headers: AnswerHeaders,
  asked: { readonly methods: string | undefined; readonly headers: string | undefined },
): void {
  response.setHeader('Access-Control-Max-Age', '172800')
  if (asked.methods !== undefined) response.setHeader('Access-Control-Allow-Methods', asked.methods)
  if (asked.headers !== undefined) response.setHeader('Access-Control-Allow-Headers', asked.headers)
  answer(response, headers, 200, undefined, Buffer.alloc(0))
}

export function answer(
  response: ServerResponse,
  headers: AnswerHeaders,
  status: number,
  contentType: string | undefined,
  body: Buffer,
): void {
  if (response.destroyed || response.headersSent) return
  response.setHeader('x-amzn-RequestId', headers.requestId)
  response.setHeader('x-amz-id-2', extendedRequestId())
  if (headers.hasOrigin) {
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.setHeader('Access-Control-Expose-Headers', EXPOSED)
  }
  if (contentType !== undefined) response.setHeader('Content-Type', contentType)
  if (headers.close) response.setHeader('Connection', 'close')
  response.setHeader('Content-Length', body.length)
  response.statusCode = status
  response.end(body)
}

export function newRequestId(): string {
  return randomUUID()
}

const ID_BYTES = 72
let randomPool = Buffer.alloc(0)
let poolAt = 0

/** 72 random bytes, as the service sends them; drawn by the page, because a draw costs more than the bytes. */
function extendedRequestId(): string {
  if (poolAt + ID_BYTES > randomPool.length) {
    randomPool = randomBytes(ID_BYTES * 64)
    poolAt = 0
  }
  poolAt += ID_BYTES
  return randomPool.toString('base64', poolAt - ID_BYTES, poolAt)
}
