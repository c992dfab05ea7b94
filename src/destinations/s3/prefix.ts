/**
 * The prefix language of Firehose: text mixed with expressions.
 *
 * ```
 * prefix      = (text | expression)*
 * expression  = '!{' namespace ':' value '}'         ends at the first '}'
 * namespace   = timestamp | firehose | partitionKeyFromQuery | partitionKeyFromLambda
 * value       = a Java date pattern | random-string | error-output-type | a key
 * ```
 *
 * A prefix without any expression gets the path of the hour behind it, `yyyy/MM/dd/HH/`.
 * @see Firehose Developer Guide, "Understand custom prefixes for Amazon S3 objects"
 */

import type { Chance } from '../../platform.ts'
import type { PartitionKeys } from '../../record.ts'
import { compileDatePattern, type DatePrinter } from './date-pattern.ts'
import { isTimeZone, type ZonedTime, zonedTime } from './zoned-time.ts'

const RANDOM_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const RANDOM_LENGTH = 11
/** Of an evaluated prefix, in characters; the path of the hour is not counted. */
const EVALUATED_MAX = 512

/** What an expression may ask for. All timestamps of one key show the same instant. */
export interface PrefixFacts {
  readonly time: ZonedTime
  readonly chance: Chance
  readonly errorOutputType?: string
  readonly partitionKeys?: PartitionKeys
}

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'timestamp'; readonly print: DatePrinter }
  | { readonly kind: 'random-string' }
  | { readonly kind: 'error-output-type' }
  | { readonly kind: 'partitionKey'; readonly from: 'query' | 'lambda'; readonly key: string }

export interface Prefix {
  readonly parts: readonly Part[]
  readonly hasExpressions: boolean
}

/** What is wrong with a prefix, in words that follow AWS's beginning of the sentence. */
export class PrefixError extends Error {}

const hourPath = compileDatePattern('yyyy/MM/dd/HH/')
const parsed = new Map<string, Prefix>()
const PARSED_MAX = 10_000

/** @throws {PrefixError} */
export function parsePrefix(source: string): Prefix {
  const known = parsed.get(source)
  if (known !== undefined) return known
  const parts: Part[] = []
  let at = 0
  while (at < source.length) {
    const start = source.indexOf('!{', at)
    const end = start < 0 ? source.length : start
    if (end > at) parts.push({ kind: 'text', text: source.slice(at, end) })
    if (start < 0) break
    const close = source.indexOf('}', start)
    if (close < 0)
      throw new PrefixError(
        `the expression that begins with ${source.slice(start, start + 20)} is not closed by }`,
      )
    parts.push(parseExpression(source.slice(start + 2, close)))
    at = close + 1
  }
  const prefix = { parts, hasExpressions: parts.some(({ kind }) => kind !== 'text') }
  if (parsed.size >= PARSED_MAX) parsed.clear()
  parsed.set(source, prefix)
  return prefix
}

/** The prefix of delivered objects. */
export function evaluatePrefix(source: string, facts: PrefixFacts): string {
  const prefix = parsePrefix(source)
  const evaluated = evaluate(prefix, facts)
  return prefix.hasExpressions ? evaluated : evaluated + hourPath(facts.time)
}

/** The prefix of objects in the error output: `errorOutputPrefix`, or without one the prefix of delivered objects. */
export function evaluateErrorPrefix(
  errorOutputPrefix: string,
  prefix: string,
  facts: PrefixFacts & { readonly errorOutputType: string },
): string {
  const parsedError = parsePrefix(errorOutputPrefix === '' ? prefix : errorOutputPrefix)
  const evaluated = evaluate(parsedError, facts)
  if (parsedError.hasExpressions) return evaluated
  return `${evaluated}${facts.errorOutputType}/${hourPath(facts.time)}`
}

/** @returns the sentence of AWS's InvalidArgumentException; undefined when the prefixes are right */
export function checkPrefixes(
  prefix: string,
  errorOutputPrefix: string,
  options: { readonly dynamicPartitioning: boolean },
): string | undefined {
  try {
    const main = parsePrefix(prefix)
    const error = parsePrefix(errorOutputPrefix)
    const usesKeys = main.parts.some(({ kind }) => kind === 'partitionKey')
    if (usesKeys && !options.dynamicPartitioning) {
      return 'Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled.'
    }
    if (!usesKeys && options.dynamicPartitioning) {
      return 'S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled'
    }
    if (main.hasExpressions && errorOutputPrefix === '') {
      throw new PrefixError('ErrorOutputPrefix cannot be null or empty when Prefix contains expressions')
    }
    if (main.parts.some(({ kind }) => kind === 'error-output-type')) {
      throw new PrefixError('Prefix cannot contain !{firehose:error-output-type}')
    }
    if (error.parts.some(({ kind }) => kind === 'partitionKey')) {
      throw new PrefixError('ErrorOutputPrefix cannot contain partition keys')
    }
    if (error.hasExpressions && !error.parts.some(({ kind }) => kind === 'error-output-type')) {
      throw new PrefixError(
        'ErrorOutputPrefix that contains expressions must contain !{firehose:error-output-type}',
      )
    }
    tryOut(main)
    tryOut(error)
    return undefined
  } catch (problem) {
    if (!(problem instanceof Error)) throw problem
    return `Ths supplied prefix(es) do not satisfy the following constraint: ${problem.message}`
  }
}

/** @returns a sentence for InvalidArgumentException; undefined when the time zone exists or none is given */
export function checkTimeZone(zone: string): string | undefined {
  if (zone === '' || isTimeZone(zone)) return undefined
  return `CustomTimeZone ${zone} is not a time zone. Use UTC or an IANA name such as Europe/Berlin.`
}

/** Some patterns compile and cannot print, and what they print may be too long. */
function tryOut(prefix: Prefix): void {
  const chance = { fraction: () => 0 } as Chance
  evaluate(prefix, {
    time: zonedTime(0, 'UTC'),
    chance,
    errorOutputType: 'processing-failed',
    partitionKeys: {},
  })
}

function parseExpression(expression: string): Part {
  const colon = expression.indexOf(':')
  const namespace = colon < 0 ? expression : expression.slice(0, colon)
  const value = colon < 0 ? '' : expression.slice(colon + 1)
  if (value === '') throw new PrefixError(`!{${expression}} must have the form !{namespace:value}`)
  switch (namespace) {
    case 'timestamp':
      try {
        return { kind: 'timestamp', print: compileDatePattern(value) }
      } catch (error) {
        throw new PrefixError(`!{${expression}}: ${error instanceof Error ? error.message : String(error)}`)
      }
    case 'firehose':
      if (value === 'random-string' || value === 'error-output-type') return { kind: value }
      throw new PrefixError(`!{${expression}}: firehose knows random-string and error-output-type`)
    case 'partitionKeyFromQuery':
      return { kind: 'partitionKey', from: 'query', key: value }
    case 'partitionKeyFromLambda':
      return { kind: 'partitionKey', from: 'lambda', key: value }
    default:
      throw new PrefixError(
        `!{${expression}}: the namespaces are timestamp, firehose, partitionKeyFromQuery and partitionKeyFromLambda`,
      )
  }
}

function evaluate(prefix: Prefix, facts: PrefixFacts): string {
  const evaluated = prefix.parts.map((part) => evaluatePart(part, facts)).join('')
  if (prefix.hasExpressions && evaluated.length > EVALUATED_MAX) {
    throw new PrefixError(`the evaluated prefix is longer than ${EVALUATED_MAX} characters`)
  }
  return evaluated
}

function evaluatePart(part: Part, facts: PrefixFacts): string {
  switch (part.kind) {
    case 'text':
      return part.text
    case 'timestamp':
      return part.print(facts.time)
    case 'random-string':
      return Array.from({ length: RANDOM_LENGTH }, () => randomLetter(facts.chance)).join('')
    case 'error-output-type':
      return facts.errorOutputType ?? ''
    case 'partitionKey':
      return facts.partitionKeys?.[part.key] ?? ''
  }
}

function randomLetter(chance: Chance): string {
  return RANDOM_LETTERS[Math.floor(chance.fraction() * RANDOM_LETTERS.length)]!
}
