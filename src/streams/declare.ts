/**
 * Delivery streams that the configuration declares, in the shape of CreateDeliveryStream: created when they are
 * missing, else updated, so that a second start changes nothing.
 */

import { isDeepStrictEqual } from 'node:util'
import { ApiError, OperatorError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { DeliveryStream } from './delivery-stream.ts'
import type { DeliveryStreams } from './delivery-streams.ts'
import { mergeDestination } from './merge.ts'
import { createRequest, type NewStream } from './new-stream.ts'

export interface Declaration {
  /** File and line, for messages. */
  readonly where: string
  readonly request: JsonObject
}

/** Texts of a block that an update cannot take away, but make empty, which means the same. */
const TEXTS = [
  'Prefix',
  'ErrorOutputPrefix',
  'FileExtension',
  'CustomTimeZone',
  'LogGroupName',
  'LogStreamName',
]

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
      if (!(error instanceof ApiError)) throw error
      const name = String(request['DeliveryStreamName'])
      throw new OperatorError(
        `${where}: the delivery stream "${name}" cannot be declared so: ${error.message}`,
      )
    }
  }
}

function declare(declared: NewStream, streams: DeliveryStreams): void {
  const stream = streams.find(declared.name)
  if (stream === undefined) {
    streams.create(declared)
    return
  }
  if (stream.status !== 'ACTIVE') {
    throw refused(`there is one of this name in status ${stream.status}. Declare it again once it is gone.`)
  }
  if (!isDeepStrictEqual(stream.directPutSource, declared.directPutSource)) {
    throw unchangeable('DirectPutSourceConfiguration')
  }
  const update = updateTo(declared.destination, stream.destination)
  const member = differingMember(mergeDestination(stream.destination, update), declared.destination)
  if (member !== undefined) throw unchangeable(member)
  streams.applyUpdate(stream, update)
  applyEncryption(stream, declared, streams)
  applyTags(stream, declared, streams)
}

/** The update block that turns a stored destination into the declared one, as far as an update can. */
function updateTo(declared: JsonObject, stored: JsonObject): JsonObject {
  const { S3BackupConfiguration: backup, ...members } = declared
  const { S3BackupConfiguration: storedBackup, ...storedMembers } = stored
  return {
    ...withEmptied(members, storedMembers),
    ...(isJsonObject(backup) ? { S3BackupUpdate: withEmptied(backup, storedBackup) } : {}),
  }
}

function withEmptied(declared: JsonObject, stored: JsonObject[string]): JsonObject {
  const before = isJsonObject(stored) ? stored : {}
  const gone = TEXTS.filter((member) => member in before && !(member in declared))
  const logging = declared['CloudWatchLoggingOptions']
  return {
    ...declared,
    ...Object.fromEntries(gone.map((member) => [member, ''])),
    ...(isJsonObject(logging)
      ? { CloudWatchLoggingOptions: withEmptied(logging, before['CloudWatchLoggingOptions']) }
      : {}),
  }
}

function differingMember(merged: JsonObject, declared: JsonObject): string | undefined {
  const [a, b] = [withoutEmptyTexts(merged), withoutEmptyTexts(declared)]
  return Object.keys({ ...a, ...b }).find((member) => !isDeepStrictEqual(a[member], b[member]))
}

function withoutEmptyTexts(block: JsonObject): JsonObject {
  return JSON.parse(
    JSON.stringify(block, (_, value: unknown) => (value === '' ? undefined : value)),
  ) as JsonObject
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

/** Tags become those declared; a declaration without any leaves them as they are. */
function applyTags({ name, tags }: DeliveryStream, declared: NewStream, streams: DeliveryStreams): void {
  if (declared.tags.size === 0 || isDeepStrictEqual(tags, declared.tags)) return
  const surplus = [...tags.keys()].filter((key) => !declared.tags.has(key))
  if (surplus.length > 0) streams.untag(name, surplus)
  streams.tag(name, declared.tags)
}

function unchangeable(member: string): ApiError {
  return refused(
    `${member} is not as it was, and no update can change it so. Delete the stream, or declare what it has.`,
  )
}

function refused(message: string): ApiError {
  return new ApiError('InvalidArgumentException', message)
}
