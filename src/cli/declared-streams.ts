/** Checks the delivery streams that the file declares, as far as that goes without a running server. */

import { shapeNamed } from '../api/model/model.ts'
import { validateInput } from '../api/model/validate.ts'
import type { Config, DeclaredStream } from '../config/config.ts'
import { didYouMean } from '../config/nearest.ts'
import { Problems } from '../config/problems.ts'
import { ApiError } from '../errors.ts'
import { isJsonObject, type Json } from '../json.ts'
import { createRequest } from '../streams/new-stream.ts'

/** @throws {OperatorError} naming every member that is unknown and every stream that the API would refuse */
export function checkDeclaredStreams({ deliveryStreams, relaxPatterns }: Config): void {
  const problems = new Problems()
  for (const stream of deliveryStreams) {
    // The API drops members that it does not know; in a file they are misspelt.
    for (const { path, message } of unknownMembers(stream.request, 'CreateDeliveryStreamInput', '')) {
      problems.add(stream.places.get(path) ?? stream.where, message)
    }
    const refusal = refusalOf(stream, relaxPatterns)
    if (refusal !== undefined) problems.add(stream.where, refusal)
  }
  problems.throwIfAny()
}

function refusalOf({ request }: DeclaredStream, relaxPatterns: boolean): string | undefined {
  try {
    createRequest(validateInput('CreateDeliveryStream', request, { relaxPatterns }))
    return undefined
  } catch (error) {
    if (error instanceof ApiError) return error.message
    throw error
  }
}

function* unknownMembers(
  value: Json | undefined,
  shapeName: string,
  prefix: string,
): Generator<{ readonly path: string; readonly message: string }> {
  const shape = shapeNamed(shapeName)
  if (shape.type === 'list' && Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield* unknownMembers(item, shape.member!.shape, `${prefix}${index}.`)
    }
  }
  if (shape.type !== 'structure' || !isJsonObject(value)) return
  const members = shape.members ?? {}
  for (const [name, inner] of Object.entries(value)) {
    const path = `${prefix}${name}`
    const member = Object.hasOwn(members, name) ? members[name] : undefined
    if (member !== undefined) yield* unknownMembers(inner, member.shape, `${path}.`)
    else yield { path, message: `unknown setting "${path}"${didYouMean(name, Object.keys(members))}` }
  }
}
