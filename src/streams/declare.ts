/**
 * Delivery streams that the configuration declares, in the shape of CreateDeliveryStream: created when they are
 * missing, else updated, so that a second start changes nothing.
 */

import { OperatorError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { DeliveryStream } from './delivery-stream.ts'
import type { DeliveryStreams } from './delivery-streams.ts'
import { createRequest, type NewStream } from './new-stream.ts'

export interface Declaration {
  /** File and line, for messages. */
  readonly where: string
  readonly request: JsonObject
}

/**
 * @param validate  applies the service model to a CreateDeliveryStream request
 * @throws {OperatorError} for a request that the API would refuse, and for a difference that no update can make
 */
export function declareStreams(
  declarations: readonly Declaration[],
  streams: DeliveryStreams,
  validate: (request: JsonObject) => JsonObject,
): void {
  for (const { where, request } of declarations) {
    try {
      declare(createRequest(validate(request)), streams)
    } catch (error) {
      const name = String(request['DeliveryStreamName'])
      const reason = error instanceof Error ? error.message : String(error)
      throw new OperatorError(`${where}: the delivery stream "${name}" cannot be declared so: ${reason}`)
    }
  }
}

function declare(declared: NewStream, streams: DeliveryStreams): void {
  const stream = streams.find(declared.name)
  if (stream === undefined) {
    streams.create(declared)
    return
  }
  if (JSON.stringify(stream.directPutSource) !== JSON.stringify(declared.directPutSource)) {
    throw new Error(
      'DirectPutSourceConfiguration cannot be changed. Delete the stream, or declare what it has.',
    )
  }
  const { S3BackupConfiguration: backup, ...destination } = declared.destination
  const removed = Object.keys(stream.destination).filter(
    (member) => declared.destination[member] === undefined && stream.destination[member] !== undefined,
  )
  if (removed.length > 0) {
    throw new Error(
      `${removed.join(', ')} cannot be removed by an update. Delete the stream, or declare what it has.`,
    )
  }
  streams.applyUpdate(stream, { ...destination, ...(isJsonObject(backup) ? { S3BackupUpdate: backup } : {}) })
  applyEncryption(stream, declared, streams)
  applyTags(stream, declared, streams)
}

function applyEncryption(stream: DeliveryStream, declared: NewStream, streams: DeliveryStreams): void {
  const { encryption } = stream
  const isOn = encryption.status === 'ENABLED'
  const wanted = declared.encryption
  if (wanted === undefined) {
    if (isOn) streams.stopEncryption(stream.name)
  } else if (!isOn || encryption.keyType !== wanted.keyType || encryption.keyArn !== wanted.keyArn) {
    streams.startEncryption(stream.name, wanted)
  }
}

/** Tags are as declared; a declaration without any leaves them as they are. */
function applyTags(stream: DeliveryStream, declared: NewStream, streams: DeliveryStreams): void {
  if (declared.tags.size === 0) return
  const surplus = [...stream.tags.keys()].filter((key) => !declared.tags.has(key))
  if (surplus.length > 0) streams.untag(stream.name, surplus)
  streams.tag(stream.name, declared.tags)
}
