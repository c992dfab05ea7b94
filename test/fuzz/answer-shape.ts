/** What the server may answer to anything at all. */

import assert from 'node:assert/strict'
import type { Answer } from '../support/firehose-call.ts'

const XML_STATUSES = [403, 404]
/** What real AWS answers to `null` in a list, as an exception to all below. */
const NULL_IN_LIST = '{"__type":"InternalFailure","message":"A list must not contain null."}'
/** A defect, or a log that takes nothing: neither is an answer to bad input. */
const NEVER = new Set(['InternalFailure', 'ServiceUnavailableException'])

/** @throws {AssertionError} unless the answer is one that AWS's clients understand */
export function assertAwsShaped({ status, headers, text }: Answer): void {
  if (status === 413 || (status === 500 && text === NULL_IN_LIST)) return
  assert(headers['x-amzn-requestid'] !== undefined, 'a request id')
  if (XML_STATUSES.includes(status)) {
    assert.match(text, /^<(\w+Exception)(\/>|>\n {2}<Message>[^<]*<\/Message>\n<\/\1>)\n$/)
    return
  }
  assert(status === 200 || status === 400, `status ${status}: ${text.slice(0, 300)}`)
  assert.equal(headers['content-type'], 'application/x-amz-json-1.1')
  const body: unknown = JSON.parse(text)
  assert(typeof body === 'object' && body !== null && !Array.isArray(body))
  if (status === 200) return
  const type = '__type' in body ? String(body.__type) : ''
  assert.match(type, /^[A-Z]\w+Exception$/)
  assert(!NEVER.has(type), text.slice(0, 300))
}

/** All that came back over a socket: answers one behind the other, or nothing before the end of the connection. */
export function assertHttpAnswers(text: string): void {
  if (text === '') return
  assert.match(text, /^HTTP\/1\.1 (200|400|403|404|408|413|417|431|100) /)
  assert.doesNotMatch(text, /InternalFailure/)
}
