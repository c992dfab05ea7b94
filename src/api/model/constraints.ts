/** The second pass over a request: the model's constraints, reported as AWS does, at most ten at a time. */

import { isJsonObject, type Json } from '../../json.ts'
import { type Shape, shapeNamed } from './model.ts'
import { printedEnums, printedPatterns } from './printed.ts'

export interface ConstraintOptions {
  /** Accept other hosts than AWS's, and http, where the model's patterns demand AWS and https. */
  readonly relaxPatterns: boolean
}

/** Patterns that only keep self-hosted endpoints out. */
const RELAXED: Readonly<Record<string, string>> = {
  HttpEndpointUrl: 'https?://.*',
  ElasticsearchClusterEndpoint: 'https?:.*',
  AmazonopensearchserviceClusterEndpoint: 'https?:.*',
  AmazonOpenSearchServerlessCollectionEndpoint: 'https?:.*',
  ClusterJDBCURL: 'jdbc:(redshift|postgresql)://[^/:]+:\\d{1,5}/[a-zA-Z0-9_$-]+',
  SnowflakeAccountUrl: '.+',
}

const compiled = new Map<string, RegExp>()

/** All violations, in the order of the members; `path` is that of the value, empty for the request itself. */
export function violations(value: Json, shapeName: string, options: ConstraintOptions, path = ''): string[] {
  const shape = shapeNamed(shapeName)
  switch (shape.type) {
    case 'structure':
      return structureViolations(value, shape, options, path)
    case 'list': {
      const list = Array.isArray(value) ? value : []
      const entries = list.flatMap((entry, i) =>
        violations(entry, shape.member!.shape, options, `${path}.${i + 1}.member`),
      )
      return [...lengthViolations(list.length, shape, path), ...entries]
    }
    case 'map':
      return mapViolations(value, shape, options, path)
    case 'string':
      return stringViolations(String(value), shapeName, shape, options, path)
    case 'blob':
      return lengthViolations(decodedLength(String(value)), shape, path)
    case 'integer':
    case 'long':
    case 'double':
      return numberViolations(Number(value), shape, path)
    default:
      return []
  }
}

function structureViolations(value: Json, shape: Shape, options: ConstraintOptions, path: string): string[] {
  const found: string[] = []
  for (const [name, member] of Object.entries(shape.members ?? {})) {
    const at = path === '' ? lowerFirst(name) : `${path}.${lowerFirst(name)}`
    const given = isJsonObject(value) ? value[name] : undefined
    if (given !== undefined) found.push(...violations(given, member.shape, options, at))
    else if (shape.required?.includes(name)) found.push(violation(at, 'Member must not be null'))
  }
  return found
}

function mapViolations(value: Json, shape: Shape, options: ConstraintOptions, path: string): string[] {
  if (!isJsonObject(value)) return []
  const found: string[] = []
  const keys = Object.keys(value)
  if (keys.some((key) => violations(key, shape.key!.shape, options, path).length > 0)) {
    found.push(violation(path, `Map keys must satisfy constraint: [${describe(shape.key!.shape)}]`))
  }
  if (keys.some((key) => violations(value[key] as Json, shape.value!.shape, options, path).length > 0)) {
    found.push(violation(path, `Map value must satisfy constraint: [${describe(shape.value!.shape)}]`))
  }
  return found
}

function stringViolations(
  value: string,
  shapeName: string,
  shape: Shape,
  options: ConstraintOptions,
  path: string,
): string[] {
  const found: string[] = []
  if (shape.enum !== undefined && !shape.enum.includes(value)) {
    const printed = printedEnums[shapeName] ?? shape.enum
    found.push(violation(path, `Member must satisfy enum value set: [${printed.join(', ')}]`))
  }
  const pattern = (options.relaxPatterns ? RELAXED[shapeName] : undefined) ?? shape.pattern
  if (pattern !== undefined && !wholeMatch(pattern).test(value))
    found.push(violation(path, patternText(shapeName, pattern)))
  return [...found, ...lengthViolations(value.length, shape, path)]
}

function lengthViolations(length: number, shape: Shape, path: string): string[] {
  const found: string[] = []
  if (shape.max !== undefined && length > shape.max) {
    found.push(violation(path, `Member must have length less than or equal to ${shape.max}`))
  }
  if (shape.min !== undefined && length < shape.min) {
    found.push(violation(path, `Member must have length greater than or equal to ${shape.min}`))
  }
  return found
}

function numberViolations(value: number, shape: Shape, path: string): string[] {
  const found: string[] = []
  if (shape.max !== undefined && value > shape.max) {
    found.push(violation(path, `Member must have value less than or equal to ${shape.max}`))
  }
  if (shape.min !== undefined && value < shape.min) {
    found.push(violation(path, `Member must have value greater than or equal to ${shape.min}`))
  }
  return found
}

function describe(shapeName: string): string {
  const { min, max, pattern } = shapeNamed(shapeName)
  const parts: string[] = []
  if (max !== undefined) parts.push(`Member must have length less than or equal to ${max}`)
  if (min !== undefined) parts.push(`Member must have length greater than or equal to ${min}`)
  if (pattern !== undefined) parts.push(patternText(shapeName, pattern))
  return parts.join(', ')
}

function patternText(shapeName: string, pattern: string): string {
  return `Member must satisfy regular expression pattern: ${printedPatterns[shapeName] ?? pattern}`
}

/** Java's `matches()`: the whole string, and `.` matches no line break. */
function wholeMatch(pattern: string): RegExp {
  let expression = compiled.get(pattern)
  if (expression === undefined) {
    const flags = pattern.includes('\\p{') ? 'u' : ''
    // `\-` and `\:` are no escapes under the u flag outside and inside of classes alike.
    const source = flags === 'u' ? pattern.replaceAll('\\/', '/').replaceAll('+\\-@', '+@\\-') : pattern
    expression = new RegExp(`^(?:${source})$`, flags)
    compiled.set(pattern, expression)
  }
  return expression
}

function violation(path: string, constraint: string): string {
  return `Value at '${path}' failed to satisfy constraint: ${constraint}`
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

/** Bytes that a checked base64 string stands for. */
function decodedLength(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  return (base64.length / 4) * 3 - padding
}
