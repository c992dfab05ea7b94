/** A pipeline with one delivery stream, and the short ways to work with it that tests of deliveries take. */

import { gunzipSync } from 'node:zlib'
import type { DeliveryEvent, Lane } from '../../src/observability/events.ts'
import type { DeliverySettings } from '../../src/streams/delivery-stream.ts'
import { type CrashPolicy, losesAll } from './crash-policy.ts'
import { FakeObjectStore, type StoredObject } from './fake-object-store.ts'
import { SimulatedClock, settled } from './simulated-clock.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { type PipelineOptions, SimulatedPipeline } from './simulated-pipeline.ts'
import { simulatedPlatform } from './simulated-platform.ts'
import { streamSettings } from './stream-settings.ts'

const PARTITION = 1

type Options = Partial<Pick<PipelineOptions, 'log' | 'budgetBytes' | 'failedMsMax'>>

export class OneStream {
  readonly store: FakeObjectStore
  readonly pipeline: SimulatedPipeline
  readonly disk: SimulatedDisk
  readonly #clock: SimulatedClock
  readonly #options: Options
  #settings: DeliverySettings

  private constructor(
    pipeline: SimulatedPipeline,
    world: { store: FakeObjectStore; disk: SimulatedDisk; clock: SimulatedClock },
    settings: DeliverySettings,
    options: Options,
  ) {
    this.pipeline = pipeline
    this.store = world.store
    this.disk = world.disk
    this.#clock = world.clock
    this.#settings = settings
    this.#options = options
  }

  static open(settings = streamSettings(), options: Options = {}): Promise<OneStream> {
    const world = {
      store: new FakeObjectStore(),
      disk: new SimulatedDisk(['/data']),
      clock: new SimulatedClock(),
    }
    return OneStream.#openIn(world, settings, options)
  }

  static async #openIn(
    world: { store: FakeObjectStore; disk: SimulatedDisk; clock: SimulatedClock },
    settings: DeliverySettings,
    options: Options,
  ): Promise<OneStream> {
    const platform = simulatedPlatform({
      seed: world.clock.now() / 1000,
      clock: world.clock,
      disk: world.disk,
    })
    const streams = new Map([[PARTITION, settings]])
    const pipeline = await SimulatedPipeline.open({ platform, buckets: world.store, streams, ...options })
    await settled()
    return new OneStream(pipeline, world, settings, options)
  }

  /** Puts records, a call each, and waits until all that this sets off is done. */
  async put(...records: readonly string[]): Promise<void> {
    await Promise.all(records.map((record) => this.pipeline.put(PARTITION, [record])))
    await settled()
  }

  async advance(ms: number): Promise<void> {
    await this.#clock.advance(ms)
    await settled()
  }

  async update(settings: DeliverySettings): Promise<void> {
    this.#settings = settings
    await this.pipeline.update(PARTITION, settings)
    await settled()
  }

  remove(): Promise<void> {
    return this.pipeline.removeStream(PARTITION)
  }

  /** Ends this life without notice, or after `stop`, and begins the next, `downMs` later. */
  async restart(
    ending: CrashPolicy | 'killed' = losesAll,
    { downMs = 1000, prepare }: { downMs?: number; prepare?: (disk: SimulatedDisk) => void } = {},
  ): Promise<OneStream> {
    this.pipeline.end()
    this.disk.turnOff()
    await settled()
    const disk = ending === 'killed' ? this.disk.kill() : this.disk.crash(ending)
    prepare?.(disk)
    // Timers of the life before never act again.
    const clock = new SimulatedClock(this.#clock.now() + downMs)
    return OneStream.#openIn({ store: this.store, disk, clock }, this.#settings, this.#options)
  }

  /** Bodies of the objects, in the order in which they arrived, without compression. */
  bodies(bucket = 'bucket'): readonly string[] {
    return this.store.objects.filter((object) => object.bucket === bucket).map(textOf)
  }

  events<K extends DeliveryEvent['kind']>(kind: K): readonly Extract<DeliveryEvent, { kind: K }>[] {
    return this.pipeline.events.filter(
      (event): event is Extract<DeliveryEvent, { kind: K }> => event.kind === kind,
    )
  }

  oldestMs(lane?: Lane): number | undefined {
    return this.pipeline.oldestMs(PARTITION, lane)
  }

  get now(): number {
    return this.#clock.now()
  }

  /** Keys that were written to, try by try. */
  get keysTried(): readonly string[] {
    return this.store.calls.filter(({ operation }) => operation === 'put').map(({ key }) => key)
  }

  /** What still waits in the log, in bytes of its segments. */
  get waitingBytes(): number {
    return this.pipeline.log.usedBytes
  }
}

export function textOf({ encoding, body }: StoredObject): string {
  return (encoding === 'GZIP' ? gunzipSync(body) : body).toString()
}
