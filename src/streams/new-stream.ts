/** A CreateDeliveryStream request in our own terms: exactly one destination, supported, with AWS's defaults. */

import { ApiError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { KeyType } from './delivery-stream.ts'
import { checkExtendedBlock, withExtendedDefaults } from './s3-block.ts'
import {
  DESTINATIONS,
  refuseUnsupportedDestination,
  refuseUnsupportedProcessing,
  refuseUnsupportedSource,
} from './unsupported.ts'

export interface KeyRequest {
  readonly keyType: KeyType
  readonly keyArn?: string
}

export interface NewStream {
  readonly name: string
  /** In extended form, with defaults, checked. */
  readonly destination: JsonObject
  readonly directPutSource?: JsonObject
  readonly encryption?: KeyRequest
  readonly tags: ReadonlyMap<string, string | undefined>
}

/**
 * @param input  whose types and constraints hold
 * @throws {ApiError} InvalidArgumentException
 */
export function createRequest(input: JsonObject): NewStream {
  const destination = newDestination(input)
  refuseUnsupportedSource(input)
  const source = input['DirectPutSourceConfiguration']
  const encryption = input['DeliveryStreamEncryptionConfigurationInput']
  return {
    name: String(input['DeliveryStreamName']),
    destination,
    ...(isJsonObject(source) ? { directPutSource: source } : {}),
    ...(isJsonObject(encryption) ? { encryption: keyRequest(encryption) } : {}),
    tags: tagsOf(input['Tags']),
  }
}

/** Key type and ARN of an encryption input. */
export function keyRequest(input: JsonObject): KeyRequest {
  const keyArn = input['KeyARN']
  if (input['KeyType'] === 'CUSTOMER_MANAGED_CMK') {
    if (typeof keyArn === 'string') return { keyType: 'CUSTOMER_MANAGED_CMK', keyArn }
    throw refused('KeyARN must be specified when KeyType is CUSTOMER_MANAGED_CMK.')
  }
  if (keyArn !== undefined) throw refused('KeyARN must not be specified when KeyType is AWS_OWNED_CMK.')
  return { keyType: 'AWS_OWNED_CMK' }
}

/** @throws {ApiError} InvalidArgumentException for a key that is given twice */
export function tagsOf(list: JsonObject[string]): ReadonlyMap<string, string | undefined> {
  const tags = new Map<string, string | undefined>()
  for (const tag of Array.isArray(list) ? list : []) {
    if (!isJsonObject(tag)) continue
    const key = String(tag['Key'])
    if (tags.has(key)) throw refused(`The tag key ${key} is given more than once.`)
    const value = tag['Value']
    tags.set(key, value === undefined ? undefined : String(value))
  }
  return tags
}

function newDestination(input: JsonObject): JsonObject {
  const given = Object.keys(DESTINATIONS).filter((kind) => `${kind}DestinationConfiguration` in input)
  if (given.length === 2 && given.includes('S3') && given.includes('ExtendedS3')) {
    throw refused(
      'Exactly one of S3DestinationConfiguration or ExtendedS3DestinationConfiguration must be specified.',
    )
  }
  const [kind] = given
  if (kind === undefined || given.length > 1) {
    throw refused('Exactly one destination configuration is supported for a Firehose')
  }
  refuseUnsupportedDestination(kind)
  const block = input[`${kind}DestinationConfiguration`]
  const destination = isJsonObject(block) ? block : {}
  checkExtendedBlock(destination)
  refuseUnsupportedProcessing(destination)
  return withExtendedDefaults(destination)
}

function refused(message: string): ApiError {
  return new ApiError('InvalidArgumentException', message)
}
