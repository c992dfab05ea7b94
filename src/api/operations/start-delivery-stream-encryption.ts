import { isJsonObject } from '../../json.ts'
import type { DeliveryStreams } from '../../streams/delivery-streams.ts'
import { keyRequest } from '../../streams/new-stream.ts'
import type { Operation } from '../operation.ts'

/**
 * On a stream that is encrypted already it changes the key; records that lie in the log keep theirs.
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_StartDeliveryStreamEncryption.html
 */
export function startDeliveryStreamEncryption(streams: DeliveryStreams): Operation {
  return {
    name: 'StartDeliveryStreamEncryption',
    run(input) {
      const given = input['DeliveryStreamEncryptionConfigurationInput']
      const request = isJsonObject(given) ? keyRequest(given) : { keyType: 'AWS_OWNED_CMK' as const }
      streams.startEncryption(String(input['DeliveryStreamName']), request)
      return {}
    },
  }
}
