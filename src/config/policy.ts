/** Policies of callers, as the file writes them. */

import { type FileContext, readList, readMap, readText } from './block.ts'
import type { PolicyStatement } from './config.ts'
import { describeKind, type Located, type LocatedMap } from './located.ts'
import { didYouMean } from './nearest.ts'

/** What a caller may do who has no policy of its own. */
export const ALLOW_ALL: readonly PolicyStatement[] = [{ effect: 'Allow', actions: ['*'], resources: ['*'] }]

/** Held against the service model by a test. */
export const OPERATIONS: readonly string[] = [
  'CreateDeliveryStream',
  'DeleteDeliveryStream',
  'DescribeDeliveryStream',
  'ListDeliveryStreams',
  'ListTagsForDeliveryStream',
  'PutRecord',
  'PutRecordBatch',
  'StartDeliveryStreamEncryption',
  'StopDeliveryStreamEncryption',
  'TagDeliveryStream',
  'UntagDeliveryStream',
  'UpdateDestination',
]

export function readPolicy(policy: Located, context: FileContext): readonly PolicyStatement[] {
  return readList('policy', policy, context).flatMap((item) => {
    const map = readMap('a statement of the policy', item, context)
    const statement = map === undefined ? undefined : readStatement(map, context)
    return statement === undefined ? [] : [statement]
  })
}

function readStatement(map: LocatedMap, context: FileContext): PolicyStatement | undefined {
  const names = ['effect', 'actions', 'resources']
  for (const [name, { where }] of map.members) {
    if (!names.includes(name))
      context.problems.add(where, `unknown setting "${name}"${didYouMean(name, names)}`)
  }
  const effect = readEffect(map, context)
  const actions = readPatterns('actions', map, context, checkAction)
  const resources = readPatterns('resources', map, context, checkResource)
  return effect === undefined ? undefined : { effect, actions, resources }
}

function readEffect(map: LocatedMap, context: FileContext): PolicyStatement['effect'] | undefined {
  const member = map.members.get('effect')
  if (member === undefined) {
    context.problems.add(map.where, 'the statement needs an effect: Allow or Deny')
    return undefined
  }
  const text = readText('effect', member.value, context)?.toLowerCase()
  if (text === 'allow') return 'Allow'
  if (text === 'deny') return 'Deny'
  if (text !== undefined) context.problems.add(member.value.where, 'effect must be Allow or Deny')
  return undefined
}

/** One pattern, or a list of them; `check` says what is wrong with one. */
function readPatterns(
  name: string,
  map: LocatedMap,
  context: FileContext,
  check: (pattern: string) => string | undefined,
): string[] {
  const value = map.members.get(name)?.value
  if (value === undefined) {
    context.problems.add(map.where, `the statement needs ${name}`)
    return []
  }
  if (value.kind === 'map' || (value.kind === 'list' && value.items.length === 0)) {
    context.problems.add(value.where, `${name} must be one or more patterns, not ${describeKind(value)}`)
    return []
  }
  const patterns: string[] = []
  for (const item of value.kind === 'list' ? value.items : [value]) {
    const pattern = readText(name, item, context)
    if (pattern === undefined) continue
    const wrong = check(pattern)
    if (wrong !== undefined) context.problems.add(item.where, wrong)
    patterns.push(pattern)
  }
  return patterns
}

/** A misspelt action in a Deny would open a door: it must match at least one operation. */
function checkAction(pattern: string): string | undefined {
  if (pattern === '*') return undefined
  const name = /^firehose:([A-Za-z*?]+)$/i.exec(pattern)?.[1]
  if (name === undefined) return 'an action must be "firehose:" and an operation, such as firehose:PutRecord*'
  const expression = new RegExp(`^${name.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i')
  if (OPERATIONS.some((operation) => expression.test(operation))) return undefined
  return `no operation is called "${name}"${didYouMean(name, OPERATIONS)}`
}

function checkResource(pattern: string): string | undefined {
  if (pattern.startsWith('*') || pattern.startsWith('arn:')) return undefined
  return 'a resource must be the ARN of a delivery stream; * and ? stand for any characters'
}
