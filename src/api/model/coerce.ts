/**
 * The first pass over a request: JSON types against the model's, as AWS's front end does it. Unknown members are
 * dropped, `null` is absent, numbers become integers. The sentences are those that real AWS JSON services send.
 */

import { ApiError } from '../../errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../../json.ts'
import { type Shape, shapeNamed } from './model.ts'

const INTEGER_MAX = 2_147_483_647

/** @throws {ApiError} SerializationException; InternalFailure for `null` in a list, as AWS answers */
export function coerce(value: Json, shapeName: string): Json {
  const shape = shapeNamed(shapeName)
  switch (shape.type) {
    case 'structure':
      return coerceStructure(value, shape)
    case 'list':
      return coerceList(value, shape)
    case 'map':
      return coerceMap(value, shape)
    default:
      return coerceScalar(value, shape)
  }
}

function coerceStructure(value: Json, shape: Shape): JsonObject {
  if (Array.isArray(value)) throw mismatch('Start of list found where not expected')
  if (!isJsonObject(value)) throw mismatch('Expected null')
  const known: Record<string, Json> = {}
  for (const [name, member] of Object.entries(shape.members ?? {})) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined
    if (given !== undefined && given !== null) known[name] = coerce(given, member.shape)
  }
  return known
}

function coerceList(value: Json, shape: Shape): Json {
  if (isJsonObject(value)) throw mismatch('Start of structure or map found where not expected.')
  if (!Array.isArray(value)) throw mismatch('Expected list or null')
  return value.map((entry) => {
    if (entry === null) throw new ApiError('InternalFailure', 'A list must not contain null.')
    return coerce(entry, shape.member!.shape)
  })
}

function coerceMap(value: Json, shape: Shape): Json {
  if (Array.isArray(value)) throw mismatch('Start of list found where not expected')
  if (!isJsonObject(value)) throw mismatch('Expected map or null')
  const entries = Object.entries(value)
    .filter(([, entry]) => entry !== undefined && entry !== null)
    .map(([key, entry]) => [key, coerce(entry as Json, shape.value!.shape)])
  return Object.fromEntries(entries)
}

function coerceScalar(value: Json, shape: Shape): Json {
  if (Array.isArray(value)) throw mismatch('Start of list found where not expected')
  if (isJsonObject(value)) throw mismatch('Start of structure or map found where not expected.')
  switch (shape.type) {
    case 'string':
      if (typeof value === 'string') return value
      throw cannotConvert(value, 'an String')
    case 'blob':
      if (typeof value !== 'string') throw cannotConvert(value, 'a Blob')
      checkBase64(value)
      return value
    case 'boolean':
      return coerceBoolean(value)
    case 'timestamp':
      if (typeof value === 'number') return value
      throw mismatch(`class java.lang.${javaType(value)} can not be converted to milliseconds since epoch`)
    case 'double':
      if (typeof value === 'number') return value
      throw cannotConvert(value, 'an Double')
    default:
      if (typeof value !== 'number') throw cannotConvert(value, 'an Integer')
      return Math.max(-INTEGER_MAX - 1, Math.min(INTEGER_MAX, Math.floor(value)))
  }
}

function coerceBoolean(value: Json): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') {
    const word = value.toLowerCase()
    if (['true', 'yes', '1'].includes(word)) return true
    if (['false', 'no', '0'].includes(word)) return false
    throw mismatch(`'${value.toUpperCase()}' can not be converted to an Boolean`)
  }
  throw cannotConvert(value, 'an Boolean')
}

function checkBase64(value: string): void {
  if (value.length % 4 !== 0) {
    throw mismatch(
      `'${value}' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: ${value.length}`,
    )
  }
  const body = value.replace(/={1,2}$/, '')
  const bad = /[^A-Za-z0-9+/]/.exec(body)
  if (bad !== null) {
    throw mismatch(`'${value}' can not be converted to a Blob: Invalid Base64 character: '${bad[0]}'`)
  }
  // The bits of the last character that no byte uses must be zero.
  const unused = value.length - body.length === 1 ? 0b11 : value.length - body.length === 2 ? 0b1111 : 0
  if (unused !== 0 && (sextet(body.at(-1) ?? 'A') & unused) !== 0) {
    throw mismatch(
      `'${value}' can not be converted to a Blob: Invalid last non-pad Base64 character dectected`,
    )
  }
}

function sextet(character: string): number {
  return 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.indexOf(character)
}

function cannotConvert(value: Json, target: string): ApiError {
  const java =
    typeof value === 'number'
      ? 'com.amazon.coral.value.json.numbers.TruncatingBigNumber'
      : `java.lang.${javaType(value)}`
  return mismatch(`class ${java} can not be converted to ${target}`)
}

function javaType(value: Json): string {
  return typeof value === 'boolean' ? 'Boolean' : 'String'
}

function mismatch(message: string): ApiError {
  return new ApiError('SerializationException', message, 'Message')
}
