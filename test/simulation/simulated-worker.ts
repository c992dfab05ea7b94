/** Delivery workers without threads: the same code, reached by the same cloned messages, that can die at any time. */

import { DeliveryWorker } from '../../src/delivery/delivery-worker.ts'
import type { FromWorker, ToWorker } from '../../src/delivery/messages.ts'
import type { StartWorker, WorkerCallbacks } from '../../src/delivery/worker-handle.ts'
import type { Clock, Disk, DiskFile, Platform } from '../../src/platform.ts'
import { CrashError } from './simulated-disk.ts'

class SimulatedWorker {
  readonly #callbacks: WorkerCallbacks
  readonly #worker: DeliveryWorker
  #isDead = false

  constructor(platform: Platform, settings: Parameters<StartWorker>[0], callbacks: WorkerCallbacks) {
    this.#callbacks = callbacks
    const mortal = {
      ...platform,
      disk: this.#mortalDisk(platform.disk),
      clock: this.#mortalClock(platform.clock),
    }
    this.#worker = new DeliveryWorker(settings, mortal, (message) => this.#answer(message))
  }

  post(message: ToWorker): void {
    const copy = structuredClone(message)
    queueMicrotask(() => {
      if (!this.#isDead) this.#worker.receive(copy)
    })
  }

  die(): void {
    if (this.#isDead) return
    this.#isDead = true
    this.#callbacks.died(new Error('The simulated worker died.'))
  }

  end(): void {
    this.#isDead = true
  }

  #answer(message: FromWorker): void {
    const copy = structuredClone(message)
    queueMicrotask(() => {
      if (!this.#isDead) this.#callbacks.message(copy)
    })
  }

  #mortalDisk(disk: Disk): Disk {
    const open = async (...call: Parameters<Disk['open']>) => this.#mortal(await disk.open(...call))
    return this.#mortal<Disk>(disk, { open })
  }

  #mortalClock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (delayMs, action) =>
        clock.after(delayMs, () => {
          if (!this.#isDead) action()
        }),
    }
  }

  /** Every method fails once the worker is dead; those in `instead` are called in place of the target's own. */
  #mortal<T extends Disk | DiskFile>(target: T, instead: Partial<T> = {}): T {
    const call = async (name: string | symbol, given: unknown[]): Promise<unknown> => {
      if (this.#isDead) throw new CrashError()
      const method = Reflect.get(instead, name) ?? Reflect.get(target, name)
      return (method as (...given: unknown[]) => unknown).apply(target, given)
    }
    return new Proxy(target, {
      // A file passes through promises, which ask for this.
      get: (_, name) => (name === 'then' ? undefined : (...given: unknown[]) => call(name, given)),
    })
  }
}

/** Starts workers and keeps them at hand. */
export class SimulatedWorkers {
  readonly #platform: Platform
  readonly #workers: SimulatedWorker[] = []

  constructor(platform: Platform) {
    this.#platform = platform
  }

  readonly start: StartWorker = (settings, callbacks) => {
    const worker = new SimulatedWorker(this.#platform, settings, callbacks)
    this.#workers.push(worker)
    return { post: (message) => worker.post(message), terminate: async () => worker.end() }
  }

  get started(): number {
    return this.#workers.length
  }

  /** The worker that was started last ends by itself. */
  killLast(): void {
    this.#workers.at(-1)?.die()
  }
}
