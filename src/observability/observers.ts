/** Who hears of what: numbers go to the metrics, what a person should read also to the structured log. */

import type { DeliveryEvent, LogObserver } from './events.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'

export function observeLog(metrics: Metrics, logger: Logger): LogObserver {
  const counted = metrics.log
  return {
    synced: (durationMs, bytes, frames) => counted.synced(durationMs, bytes, frames),
    size: (bytes) => counted.size(bytes),
    condition: (reason) => {
      counted.condition(reason)
      logger.condition(reason)
    },
    damaged: (path, position, bytes) => {
      counted.damaged(path, position, bytes)
      logger.damaged(path, position, bytes)
    },
  }
}

export function observeDelivery(
  metrics: Metrics,
  logger: Logger,
): (events: readonly DeliveryEvent[]) => void {
  return (events) => {
    metrics.delivery(events)
    logger.delivery(events)
  }
}
