/** Entry of a delivery worker thread. */

import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { nodePlatform } from '../node-platform.ts'
import { DeliveryWorker } from './delivery-worker.ts'
import type { ToWorker, WorkerSettings } from './messages.ts'

/** A tenth of the share of the thread that takes puts, while both want all of the same core. */
const NICENESS = 10

const port = parentPort
if (port === null) throw new Error('This module runs in a worker thread only.')

yieldToIntake()
const worker = new DeliveryWorker(workerData as WorkerSettings, nodePlatform, (message) =>
  port.postMessage(message),
)
port.on('message', (message: ToWorker) => worker.receive(message))

/** On a busy machine compression must not delay acknowledgements. Linux gives every thread a priority of its own. */
function yieldToIntake(): void {
  if (process.platform !== 'linux') return
  try {
    const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    if (threadId > 0 && threadId !== process.pid) setPriority(threadId, NICENESS)
  } catch {
    // A container may hide /proc or forbid the call; deliveries then compete as equals.
  }
}
