import { ApiError } from '../../errors.ts'
import { isJsonObject, type JsonObject } from '../../json.ts'
import type { DeliveryStreams } from '../../streams/delivery-streams.ts'
import { DESTINATIONS, refuseUnsupportedDestination } from '../../streams/unsupported.ts'
import type { Operation } from '../operation.ts'

/** AWS itself never turns a stream of another kind into one of these. */
const NEVER_SWITCHED_TO = [
  'Elasticsearch',
  'Amazonopensearchservice',
  'AmazonOpenSearchServerless',
  'HttpEndpoint',
]

/** @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_UpdateDestination.html */
export function updateDestination(streams: DeliveryStreams): Operation {
  return {
    name: 'UpdateDestination',
    run(input) {
      streams.update(
        String(input['DeliveryStreamName']),
        String(input['CurrentDeliveryStreamVersionId']),
        String(input['DestinationId']),
        () => updateBlock(input),
      )
      return {}
    },
  }
}

function updateBlock(input: JsonObject): JsonObject {
  const given = Object.keys(DESTINATIONS).filter((kind) => `${kind}DestinationUpdate` in input)
  if (given.length === 2 && given.includes('S3') && given.includes('ExtendedS3')) {
    throw refused('Exactly one of s3DestinationUpdate or extendedS3DestinationUpdate must be specified.')
  }
  const [kind] = given
  if (kind === undefined) {
    throw refused('At least one destination or source configuration update must be provided')
  }
  if (given.length > 1) throw refused('Exactly one destination configuration is supported for a Firehose')
  if (NEVER_SWITCHED_TO.includes(kind)) {
    throw refused(`Changing the destination type to or from ${kind} is not supported at this time.`)
  }
  refuseUnsupportedDestination(kind)
  const block = input[`${kind}DestinationUpdate`]
  return isJsonObject(block) ? block : {}
}

function refused(message: string): ApiError {
  return new ApiError('InvalidArgumentException', message)
}
