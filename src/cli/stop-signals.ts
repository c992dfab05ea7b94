/** SIGTERM, SIGINT and SIGHUP (the terminal is gone): the first asks for an orderly stop, the second ends the process. */

import { constants } from 'node:os'

/** Ctrl+C reaches every process of the terminal, and a launcher passes it on as well: within this time it is one. */
const SAME_SIGNAL_MS = 500

/**
 * Resolves at the first signal. One that comes later than `SAME_SIGNAL_MS` after it ends the process at once with
 * 128 + its number, as a shell reports it: the log holds what is not delivered.
 */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstMs: number | undefined
    const onSignal = (signal: NodeJS.Signals) => {
      if (firstMs === undefined) {
        firstMs = performance.now()
        resolve(signal)
      } else if (performance.now() - firstMs > SAME_SIGNAL_MS) {
        process.exit(128 + constants.signals[signal])
      }
    }
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal)
  })
}
