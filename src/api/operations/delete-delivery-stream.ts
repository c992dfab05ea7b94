import type { DeliveryStreams } from '../../streams/delivery-streams.ts'
import type { Operation } from '../operation.ts'

/**
 * What is buffered is discarded, as AWS does. `AllowForceDelete` changes nothing here: no key grant can stand in the way.
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_DeleteDeliveryStream.html
 */
export function deleteDeliveryStream(streams: DeliveryStreams): Operation {
  return {
    name: 'DeleteDeliveryStream',
    run(input) {
      streams.delete(String(input['DeliveryStreamName']))
      return {}
    },
  }
}
