/** A delivery stream as the control database holds it, and back. What follows from other members is not stored. */

import { isJsonObject, type JsonObject } from '../json.ts'
import type { DeliveryStream } from './delivery-stream.ts'
import { s3Settings } from './s3-block.ts'

/** What there is to know of a stream. */
export type StreamFacts = Omit<DeliveryStream, 'type' | 'delivery'>

export interface StoredStream {
  readonly stream: DeliveryStream
  /** Number of the data key in use; undefined when encryption is off. */
  readonly keyId: number | undefined
}

/** Adds what follows from the facts: the settings of delivery. */
export function assemble(facts: StreamFacts): DeliveryStream {
  const { destination } = facts
  const backup = destination['S3BackupConfiguration']
  const isBackedUp = destination['S3BackupMode'] === 'Enabled' && isJsonObject(backup)
  return {
    ...facts,
    type: 'DirectPut',
    delivery: {
      streamName: facts.name,
      streamArn: facts.arn,
      versionId: facts.versionId,
      primary: s3Settings(destination),
      ...(isBackedUp ? { backup: s3Settings(backup) } : {}),
    },
  }
}

export function encodeDefinition({ stream, keyId }: StoredStream): JsonObject {
  const { delivery: _derived, tags, partitions, encryption, ...facts } = stream
  return {
    ...facts,
    partitions: [...partitions],
    encryption: { ...encryption },
    tags: Object.fromEntries([...tags].map(([key, value]) => [key, value ?? null])),
    ...(keyId === undefined ? {} : { keyId }),
  }
}

/** @param definition  made by `encodeDefinition`: the database holds nothing else */
export function decodeDefinition(definition: JsonObject): StoredStream {
  const { keyId, tags, ...facts } = definition as unknown as Omit<StreamFacts, 'tags'> & {
    readonly keyId?: number
    readonly tags: Readonly<Record<string, string | null>>
  }
  const values = Object.entries(tags).map(([key, value]) => [key, value ?? undefined] as const)
  return { stream: assemble({ ...facts, tags: new Map(values) }), keyId }
}
