/** Entry of a delivery worker thread. */

import { parentPort, workerData } from 'node:worker_threads'
import { nodePlatform } from '../node-platform.ts'
import { DeliveryWorker } from './delivery-worker.ts'
import type { ToWorker, WorkerSettings } from './messages.ts'

const port = parentPort
if (port === null) throw new Error('This module runs in a worker thread only.')

const worker = new DeliveryWorker(workerData as WorkerSettings, nodePlatform, (message) =>
  port.postMessage(message),
)
port.on('message', (message: ToWorker) => worker.receive(message))
