/** What a caller may do: IAM's rule that a matching Deny wins, and that nothing is allowed unless a statement says so. */

import type { Caller, PolicyStatement } from '../config/config.ts'
import { ApiError } from '../errors.ts'

const patterns = new Map<string, RegExp>()
const PATTERNS_MAX = 10_000

/**
 * @param resource  ARN of the delivery stream, `…:deliverystream/*` for listing
 * @throws {ApiError} AccessDeniedException
 */
export function authorize(caller: Caller, operation: string, resource: string): void {
  const action = `firehose:${operation}`
  const matching = caller.policy.filter((statement) => applies(statement, action, resource))
  if (matching.some(({ effect }) => effect === 'Deny')) {
    throw denied(caller, action, resource, 'with an explicit deny in an identity-based policy')
  }
  if (matching.length === 0) {
    throw denied(caller, action, resource, `because no identity-based policy allows the ${action} action`)
  }
}

function applies(statement: PolicyStatement, action: string, resource: string): boolean {
  return (
    statement.actions.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
    statement.resources.some((pattern) => matches(pattern, resource))
  )
}

/** `*` stands for any characters, `?` for one. */
function matches(pattern: string, text: string): boolean {
  if (pattern === '*') return true
  let expression = patterns.get(pattern)
  if (expression === undefined) {
    const escaped = pattern.replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    expression = new RegExp(`^${escaped.replace(/\*+/g, '.*').replaceAll('?', '.')}$`, 's')
    if (patterns.size >= PATTERNS_MAX) patterns.clear()
    patterns.set(pattern, expression)
  }
  return expression.test(text)
}

function denied(caller: Caller, action: string, resource: string, reason: string): ApiError {
  const message = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`
  return new ApiError('AccessDeniedException', message, 'Message')
}
