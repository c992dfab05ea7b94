/** `/health`: whether the server takes puts, and why not. */

import type { LogCondition } from '../log/log.ts'

export type Phase = 'starting' | 'ready' | 'stopping'

export function healthPage(phase: Phase, log: LogCondition) {
  const reasons = log.reason === undefined ? [] : [log.reason]
  const status = phase === 'ready' && !log.accepting ? 'unavailable' : phase
  return {
    status: status === 'ready' ? 200 : 503,
    contentType: 'application/json',
    body: `${JSON.stringify({ status, reasons })}\n`,
  }
}
