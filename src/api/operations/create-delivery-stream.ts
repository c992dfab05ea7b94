import { ApiError } from '../../errors.ts'
import { isJsonObject, type JsonObject } from '../../json.ts'
import type { KeyType } from '../../streams/delivery-stream.ts'
import { type DeliveryStreams, newDestination } from '../../streams/delivery-streams.ts'
import {
  DESTINATIONS,
  refuseUnsupportedDestination,
  refuseUnsupportedSource,
} from '../../streams/unsupported.ts'
import type { Operation } from '../operation.ts'
import { tagsOf } from './tag-delivery-stream.ts'

/** @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html */
export function createDeliveryStream(streams: DeliveryStreams): Operation {
  return {
    name: 'CreateDeliveryStream',
    run(input) {
      const destination = destinationOf(input)
      refuseUnsupportedSource(input)
      const source = input['DirectPutSourceConfiguration']
      const encryption = input['DeliveryStreamEncryptionConfigurationInput']
      const stream = streams.create({
        name: String(input['DeliveryStreamName']),
        destination,
        ...(isJsonObject(source) ? { directPutSource: source } : {}),
        ...(isJsonObject(encryption) ? { encryption: encryptionOf(encryption) } : {}),
        tags: tagsOf(input['Tags']),
      })
      return { DeliveryStreamARN: stream.arn }
    },
  }
}

/** The one destination block of a Create request, checked, with defaults. */
export function destinationOf(input: JsonObject): JsonObject {
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
  return newDestination(isJsonObject(block) ? block : {})
}

/** Key type and ARN of an encryption input. */
export function encryptionOf(input: JsonObject): { readonly keyType: KeyType; readonly keyArn?: string } {
  const keyArn = input['KeyARN']
  if (input['KeyType'] === 'CUSTOMER_MANAGED_CMK') {
    if (typeof keyArn === 'string') return { keyType: 'CUSTOMER_MANAGED_CMK', keyArn }
    throw refused('KeyARN must be specified when KeyType is CUSTOMER_MANAGED_CMK.')
  }
  if (keyArn !== undefined) throw refused('KeyARN must not be specified when KeyType is AWS_OWNED_CMK.')
  return { keyType: 'AWS_OWNED_CMK' }
}

function refused(message: string): ApiError {
  return new ApiError('InvalidArgumentException', message)
}
