import type { DeliveryStreams } from '../../streams/delivery-streams.ts'
import type { Operation } from '../operation.ts'

/** @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_UntagDeliveryStream.html */
export function untagDeliveryStream(streams: DeliveryStreams): Operation {
  return {
    name: 'UntagDeliveryStream',
    run(input) {
      const keys = input['TagKeys']
      streams.untag(String(input['DeliveryStreamName']), Array.isArray(keys) ? keys.map(String) : [])
      return {}
    },
  }
}
