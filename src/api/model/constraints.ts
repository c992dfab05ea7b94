/** The second pass over a request: the model's constraints, in AWS's words. */

import { isJsonObject, type Json, type JsonObject } from '../../json.ts'
import { type Shape, shapeNamed } from './model.ts'
import { printedPattern, violatedPattern } from './patterns.ts'
import { memberOrder, printedEnums } from './printed.ts'

export interface ConstraintOptions {
  /** Accept other hosts than AWS's, and http, where the model's patterns demand AWS and https. */
  readonly relaxPatterns: boolean
}

/** AWS stops at the tenth, so that a request cannot ask for an endless answer. */
const VIOLATIONS_MAX = 10

class Violations {
  readonly list: string[] = []

  get isFull(): boolean {
    return this.list.length === VIOLATIONS_MAX
  }

  add(path: string, constraint: string): void {
    if (!this.isFull) this.list.push(`Value at '${path}' failed to satisfy constraint: ${constraint}`)
  }
}

/** The first ten violations of a request whose types are right. */
export function violations(request: Json, shapeName: string, options: ConstraintOptions): readonly string[] {
  const found = new Violations()
  check(request, shapeName, options, '', found)
  return found.list
}

/** @param path  of the value, empty for the request itself */
function check(
  value: Json,
  shapeName: string,
  options: ConstraintOptions,
  path: string,
  found: Violations,
): void {
  const shape = shapeNamed(shapeName)
  switch (shape.type) {
    case 'structure':
      if (isJsonObject(value)) checkStructure(value, shapeName, options, path, found)
      break
    case 'list':
      if (Array.isArray(value)) checkList(value, shape, options, path, found)
      break
    case 'map':
      if (isJsonObject(value)) checkMap(value, shape, options, path, found)
      break
    case 'string':
      checkString(String(value), shapeName, options, path, found)
      break
    case 'blob':
      checkBounds(decodedLength(String(value)), 'length', shape, path, found)
      break
    case 'integer':
    case 'double':
      checkBounds(Number(value), 'value', shape, path, found)
      break
    case 'boolean':
    case 'timestamp':
      break
  }
}

function checkStructure(
  value: JsonObject,
  shapeName: string,
  options: ConstraintOptions,
  path: string,
  found: Violations,
): void {
  const { members = {}, required = [] } = shapeNamed(shapeName)
  for (const name of new Set([...(memberOrder[shapeName] ?? []), ...Object.keys(members)])) {
    if (found.isFull) return
    const at = path === '' ? lowerFirst(name) : `${path}.${lowerFirst(name)}`
    const given = value[name]
    if (given !== undefined) check(given, members[name]!.shape, options, at, found)
    else if (required.includes(name)) found.add(at, 'Member must not be null')
  }
}

function checkList(
  list: readonly Json[],
  shape: Shape,
  options: ConstraintOptions,
  path: string,
  found: Violations,
): void {
  checkBounds(list.length, 'length', shape, path, found)
  for (const [i, entry] of list.entries()) {
    if (found.isFull) return
    check(entry, shape.member!.shape, options, `${path}.${i + 1}.member`, found)
  }
}

/** One violation stands for all keys, and one for all values. */
function checkMap(
  map: JsonObject,
  shape: Shape,
  options: ConstraintOptions,
  path: string,
  found: Violations,
): void {
  const [keyShape, valueShape] = [shape.key!.shape, shape.value!.shape]
  const violates = (text: Json, shapeName: string) => violations(text, shapeName, options).length > 0
  if (Object.keys(map).some((key) => violates(key, keyShape))) {
    found.add(path, `Map keys must satisfy constraint: [${describe(keyShape, options)}]`)
  }
  if (Object.values(map).some((value) => violates(value as Json, valueShape))) {
    found.add(path, `Map value must satisfy constraint: [${describe(valueShape, options)}]`)
  }
}

function checkString(
  text: string,
  shapeName: string,
  { relaxPatterns }: ConstraintOptions,
  path: string,
  found: Violations,
): void {
  const shape = shapeNamed(shapeName)
  if (shape.enum !== undefined && !shape.enum.includes(text)) {
    const printed = printedEnums[shapeName] ?? shape.enum
    found.add(path, `Member must satisfy enum value set: [${printed.join(', ')}]`)
  }
  const pattern = violatedPattern(text, shapeName, relaxPatterns)
  if (pattern !== undefined) found.add(path, patternConstraint(pattern))
  checkBounds(text.length, 'length', shape, path, found)
}

function checkBounds(
  measured: number,
  what: 'length' | 'value',
  { min, max }: Shape,
  path: string,
  found: Violations,
): void {
  if (max !== undefined && measured > max) found.add(path, atMost(what, max))
  if (min !== undefined && measured < min) found.add(path, atLeast(what, min))
}

/** All constraints of a map's keys or values, in AWS's order. */
function describe(shapeName: string, { relaxPatterns }: ConstraintOptions): string {
  const { min, max } = shapeNamed(shapeName)
  const pattern = printedPattern(shapeName, relaxPatterns)
  return [
    ...(max === undefined ? [] : [atMost('length', max)]),
    ...(min === undefined ? [] : [atLeast('length', min)]),
    ...(pattern === undefined ? [] : [patternConstraint(pattern)]),
  ].join(', ')
}

function atMost(what: string, max: number): string {
  return `Member must have ${what} less than or equal to ${max}`
}

function atLeast(what: string, min: number): string {
  return `Member must have ${what} greater than or equal to ${min}`
}

function patternConstraint(pattern: string): string {
  return `Member must satisfy regular expression pattern: ${pattern}`
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

/** Bytes that a checked base64 string stands for. */
function decodedLength(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  return (base64.length / 4) * 3 - padding
}
