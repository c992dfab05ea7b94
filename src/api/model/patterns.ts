/** The model's patterns are Java's, and match whole strings. */

import { shapeNamed } from './model.ts'
import { printedPatterns } from './printed.ts'

/** Longer texts exceed every length that the model allows beside a pattern: their length is reported alone. */
const TESTED_LENGTH_MAX = 20_480

/** Instead of patterns that only keep self-hosted endpoints out, by shape; used when `relaxPatterns` is on. */
export const RELAXED: Readonly<Record<string, string>> = {
  AmazonOpenSearchServerlessCollectionEndpoint: 'https?:.*',
  AmazonopensearchserviceClusterEndpoint: 'https?:.*',
  ClusterJDBCURL: 'jdbc:(redshift|postgresql)://[^/]+/[a-zA-Z0-9_$-]+',
  ElasticsearchClusterEndpoint: 'https?:.*',
  HttpEndpointUrl: 'https?://.*',
  SnowflakeAccountUrl: '.+',
  SnowflakePrivateLinkVpceId: '.+',
  VpcEndpointServiceName: '.+',
}

const compiled = new Map<string, RegExp>()

/** @returns the pattern that the text violates, as AWS prints it; undefined when there is none */
export function violatedPattern(text: string, shapeName: string, relax: boolean): string | undefined {
  const pattern = patternOf(shapeName, relax)
  if (pattern === undefined || text.length > TESTED_LENGTH_MAX || wholeMatch(pattern).test(text))
    return undefined
  return printedPattern(shapeName, relax)
}

/** The pattern of a shape as AWS prints it; undefined when there is none. */
export function printedPattern(shapeName: string, relax: boolean): string | undefined {
  return printedPatterns[shapeName] ?? patternOf(shapeName, relax)
}

function patternOf(shapeName: string, relax: boolean): string | undefined {
  return (relax ? RELAXED[shapeName] : undefined) ?? shapeNamed(shapeName).pattern
}

function wholeMatch(pattern: string): RegExp {
  let expression = compiled.get(pattern)
  if (expression === undefined) {
    // Only Unicode classes need the flag, and some of the other patterns have escapes that it forbids.
    expression = new RegExp(`^(?:${pattern})$`, pattern.includes('\\p{') ? 'u' : '')
    compiled.set(pattern, expression)
  }
  return expression
}
