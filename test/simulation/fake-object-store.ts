/** Buckets in memory that outlive every crash of the server, and a destination that writes to them and fails on demand. */

import type { Batch, BatchIdentity, Destination } from '../../src/destinations/destination.ts'
import { DeliveryError } from '../../src/errors.ts'
import type { BodyEncoder } from '../../src/formats/body.ts'
import { newBodyEncoder } from '../../src/formats/index.ts'
import type { Lane } from '../../src/observability/events.ts'
import type { CompressionFormat, DeliverySettings, S3Settings } from '../../src/streams/delivery-stream.ts'
import type { Buckets, Life } from './simulated-pipeline.ts'

export interface StoredObject {
  readonly bucket: string
  readonly key: string
  readonly encoding: string
  readonly body: Buffer
  /** How often it was written. */
  readonly puts: number
}

/** What becomes of a call: `late` fails now and is applied when the test says so; `hang` ends with the signal. */
export type Outcome = 'ok' | 'fail before' | 'fail after' | 'late' | 'hang'

export interface Call {
  readonly operation: 'put' | 'arrived'
  readonly bucket: string
  readonly key: string
}

export class FakeObjectStore implements Buckets {
  readonly #objects = new Map<string, StoredObject>()
  readonly calls: Call[] = []
  /** Writes on the network: they may be applied although the process ends meanwhile. */
  readonly inFlight = new Set<() => void>()
  /** Writes that were given up and may be applied at any time. */
  readonly late = new Set<() => void>()
  /** Decides what becomes of each call. */
  outcome: (call: Call) => Outcome | Promise<Outcome> = () => 'ok'

  /** In the order in which they were first written. */
  get objects(): readonly StoredObject[] {
    return [...this.#objects.values()]
  }

  newDestination(settings: DeliverySettings, lane: Lane, life: Life): Destination {
    return new FakeDestination(this, settings, lane, life)
  }

  has(bucket: string, key: string): boolean {
    return this.#objects.has(`${bucket}/${key}`)
  }

  put(object: Omit<StoredObject, 'puts'>): void {
    const name = `${object.bucket}/${object.key}`
    this.#objects.set(name, { ...object, puts: (this.#objects.get(name)?.puts ?? 0) + 1 })
  }
}

class FakeDestination implements Destination {
  readonly #store: FakeObjectStore
  readonly #s3: S3Settings
  readonly #life: Life

  constructor(store: FakeObjectStore, { primary, backup }: DeliverySettings, lane: Lane, life: Life) {
    this.#store = store
    this.#s3 = lane === 'backup' ? (backup ?? primary) : primary
    this.#life = life
  }

  get encoding(): string {
    return this.#s3.compression
  }

  locate(oldestMs: number): { readonly bucket: string; readonly key: string } {
    const { bucket, prefix } = this.#s3
    return { bucket, key: `${prefix}${oldestMs}-${this.#life.platform.chance.uuid()}` }
  }

  newEncoder(encoding: string): BodyEncoder {
    const uuid = () => this.#life.platform.chance.uuid()
    return newBodyEncoder(encoding as CompressionFormat, { gzipLevel: 1, uuid })
  }

  async deliver(batch: Batch, signal: AbortSignal): Promise<void> {
    const store = this.#store
    const { bucket, key, encoding } = batch
    const deciding = this.#begin({ operation: 'put', bucket, key })
    deciding.catch(() => undefined)
    const chunks: Uint8Array[] = []
    for await (const chunk of batch.body.read()) chunks.push(Buffer.from(chunk))
    const apply = () => store.put({ bucket, key, encoding, body: Buffer.concat(chunks) })
    store.inFlight.add(apply)
    const outcome = await deciding
    if (outcome === 'hang') await aborted(signal)
    this.#life.requireAlive()
    store.inFlight.delete(apply)
    if (outcome === 'late') store.late.add(apply)
    if (outcome === 'ok' || outcome === 'fail after') apply()
    if (outcome !== 'ok') throw failure(outcome)
  }

  async arrived({ bucket, key }: BatchIdentity, signal: AbortSignal): Promise<boolean> {
    const outcome = await this.#begin({ operation: 'arrived', bucket, key })
    if (outcome === 'hang') await aborted(signal)
    this.#life.requireAlive()
    if (outcome !== 'ok') throw failure(outcome)
    return this.#store.has(bucket, key)
  }

  async check(): Promise<void> {}

  async close(): Promise<void> {}

  async #begin(call: Call): Promise<Outcome> {
    this.#life.requireAlive()
    this.#store.calls.push(call)
    return this.#store.outcome(call)
  }
}

function failure(outcome: Outcome): DeliveryError {
  return new DeliveryError('InternalError', `simulated: ${outcome}`, { retryable: true })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
