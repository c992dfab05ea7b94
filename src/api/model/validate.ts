/** From a request's JSON to an input whose types and constraints hold. */

import { ApiError } from '../../errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../../json.ts'
import { coerce } from './coerce.ts'
import { type ConstraintOptions, violations } from './constraints.ts'
import { inputShape } from './model.ts'

const LISTED_MAX = 10

/**
 * @returns the input without unknown members and nulls
 * @throws {ApiError} SerializationException for a wrong type, ValidationException for violated constraints
 */
export function validateInput(
  operation: string,
  input: Json,
  options: ConstraintOptions = { relaxPatterns: false },
): JsonObject {
  const shape = inputShape(operation)
  if (shape === undefined)
    throw new ApiError('UnknownOperationException', `There is no operation ${operation}.`)
  const known = coerce(input, shape)
  if (!isJsonObject(known)) throw new ApiError('SerializationException', 'Expected null', 'Message')
  const found = violations(known, shape, options)
  if (found.length > 0) throw new ApiError('ValidationException', report(found))
  return known
}

function report(found: readonly string[]): string {
  const listed = found.slice(0, LISTED_MAX).join('; ')
  if (found.length === 1) return `1 validation error detected: ${listed}`
  return `${found.length} validation errors detected: ${listed}`
}
