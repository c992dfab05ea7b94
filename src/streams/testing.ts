/** For tests: the control plane in a temporary directory, on a clock that stands still, called as the API calls it. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeededChance } from '../../test/simulation/seeded-chance.ts'
import { SimulatedClock } from '../../test/simulation/simulated-clock.ts'
import { validateInput } from '../api/model/validate.ts'
import { controlOperations } from '../api/operations/index.ts'
import { ApiError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { DeliveryStreams } from './delivery-streams.ts'
import { Keyring } from './keyring.ts'
import { StreamStore } from './stream-store.ts'

export const ACCOUNT = '123456789012'
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/firehose`
export const BUCKET = 'arn:aws:s3:::bucket'
export const KEY_ARN = `arn:aws:kms:us-east-1:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`
/** The least that an S3 block may have. */
export const S3_BLOCK = { RoleARN: ROLE, BucketARN: BUCKET }

export interface ControlPlaneOptions {
  readonly directory?: string
  readonly clock?: SimulatedClock
  readonly masterKeys?: ReadonlyMap<string, Buffer>
  readonly partitionsPerStream?: number
  readonly streamsMax?: number
  /** Stands for the removal of a stream's files; at once by default. */
  readonly removeFiles?: (streamName: string) => Promise<void>
}

export interface ControlPlane {
  readonly directory: string
  readonly clock: SimulatedClock
  readonly store: StreamStore
  readonly keyring: Keyring
  readonly streams: DeliveryStreams
  /** What the hooks were told, as `created orders`. */
  readonly events: readonly string[]
  /** Validates and runs one operation. @throws {ApiError} */
  call(operation: string, input: JsonObject): JsonObject
  /** `Type: message` of the error that an operation answers. */
  refusal(operation: string, input: JsonObject): string
  /** CreateDeliveryStream with an extended S3 block, the least by default. */
  create(name: string, block?: JsonObject, more?: JsonObject): void
  /** UpdateDestination of the current version with an extended S3 block. */
  update(name: string, block: JsonObject): void
  describe(name: string): JsonObject
}

export function openControlPlane(options: ControlPlaneOptions = {}): ControlPlane {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'hydrant-streams-'))
  const clock = options.clock ?? new SimulatedClock()
  const { masterKeys = new Map(), partitionsPerStream = 1, streamsMax, removeFiles } = options
  const events: string[] = []
  const store = new StreamStore(join(directory, 'control.sqlite'))
  const keyring = new Keyring({
    store,
    chance: new SeededChance(clock.now()),
    masterKeys,
    ownedKeyPath: join(directory, 'master.key'),
    added: () => {},
  })
  const streams = new DeliveryStreams({
    store,
    keyring,
    clock,
    region: 'us-east-1',
    accountId: ACCOUNT,
    partitionsPerStream,
    ...(streamsMax === undefined ? {} : { streamsMax }),
    hooks: {
      created: ({ name }) => events.push(`created ${name}`),
      changed: ({ name }) => events.push(`changed ${name}`),
      deleted: async ({ name }) => {
        events.push(`deleted ${name}`)
        await removeFiles?.(name)
      },
      failed: (error) => events.push(`failed ${String(error)}`),
    },
  })
  const operations = controlOperations(streams)

  function call(operation: string, input: JsonObject): JsonObject {
    const output = operations.get(operation)!.run(validateInput(operation, input), { requestId: 'test' })
    if (output instanceof Promise) throw new Error(`${operation} is not expected to wait.`)
    return output
  }

  return {
    directory,
    clock,
    store,
    keyring,
    streams,
    events,
    call,
    refusal: (operation, input) => refusalOf(() => call(operation, input)),
    create: (name, block = S3_BLOCK, more = {}) => {
      call('CreateDeliveryStream', {
        DeliveryStreamName: name,
        ExtendedS3DestinationConfiguration: block,
        ...more,
      })
    },
    update: (name, block) => {
      call('UpdateDestination', {
        DeliveryStreamName: name,
        CurrentDeliveryStreamVersionId: String(streams.get(name).versionId),
        DestinationId: 'destinationId-000000000001',
        ExtendedS3DestinationUpdate: block,
      })
    },
    describe: (name) =>
      call('DescribeDeliveryStream', { DeliveryStreamName: name })['DeliveryStreamDescription'] as JsonObject,
  }
}

/** Closes and opens again on the same directory, as a restart does. */
export function reopen(plane: ControlPlane, options: ControlPlaneOptions = {}): ControlPlane {
  plane.store.close()
  return openControlPlane({ directory: plane.directory, clock: plane.clock, ...options })
}

export function removeControlPlane(plane: ControlPlane): void {
  plane.store.close()
  rmSync(plane.directory, { recursive: true })
}

/** `Type: message` of the ApiError that `action` throws; `accepted` when it throws none. */
export function refusalOf(action: () => unknown): string {
  try {
    action()
    return 'accepted'
  } catch (error) {
    if (error instanceof ApiError) return `${error.type}: ${error.message}`
    throw error
  }
}
