/** From a request's JSON to an input whose types and constraints hold. */

import { ApiError } from '../../errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../../json.ts'
import { coerce } from './coerce.ts'
import { type ConstraintOptions, violations } from './constraints.ts'
import { inputShape } from './model.ts'
import { violatedPattern } from './patterns.ts'

/** Where a record format conversion names the role that reads its schema. */
const SCHEMA_ROLE = ['DataFormatConversionConfiguration', 'SchemaConfiguration', 'RoleARN'] as const

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
  if (!isJsonObject(known)) throw new Error(`The input of ${operation} is no structure.`)
  checkSchemaRole(known)
  const found = violations(known, shape, options)
  if (found.length > 0) {
    const counted = found.length === 1 ? '1 validation error' : `${found.length} validation errors`
    throw new ApiError('ValidationException', `${counted} detected: ${found.join('; ')}`)
  }
  return known
}

/** AWS checks this one role before all else, and answers with another error than for any other role. */
function checkSchemaRole(input: JsonObject): void {
  for (const block of ['ExtendedS3DestinationConfiguration', 'ExtendedS3DestinationUpdate']) {
    const role = at(input, [block, ...SCHEMA_ROLE])
    if (typeof role !== 'string' || role === '') continue
    if (violatedPattern(role, 'RoleARN', false) !== undefined) {
      throw new ApiError('InvalidParameterValueException', 'Invalid role ARN.')
    }
  }
}

function at(value: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (inner, name) => (isJsonObject(inner) ? inner[name] : undefined),
    value,
  )
}
