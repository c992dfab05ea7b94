/** One delivery worker as the main thread sees it: a thread, or in tests the same code without one. */

import { Worker } from 'node:worker_threads'
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts'

export interface WorkerHandle {
  post(message: ToWorker): void
  terminate(): Promise<void>
}

export interface WorkerCallbacks {
  message(message: FromWorker): void
  /** The worker ended by itself: a defect, or out of memory. */
  died(error: Error): void
}

export type StartWorker = (settings: WorkerSettings, callbacks: WorkerCallbacks) => WorkerHandle

export const startWorkerThread: StartWorker = (settings, callbacks) => {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const thread = new Worker(new URL(`./worker-thread.${extension}`, import.meta.url), {
    name: `delivery-${settings.worker}`,
    workerData: settings,
  })
  let isEnding = false
  const died = (error: Error) => {
    if (isEnding) return
    isEnding = true
    callbacks.died(error)
  }
  thread.on('message', callbacks.message)
  thread.on('error', (error) => died(error instanceof Error ? error : new Error(String(error))))
  thread.on('exit', (code) => died(new Error(`Delivery worker ${settings.worker} exited with code ${code}.`)))
  return {
    post: (message) => thread.postMessage(message),
    terminate: async () => {
      isEnding = true
      await thread.terminate()
    },
  }
}
