import type { DeliveryStreams } from '../../streams/delivery-streams.ts'
import { tagsOf } from '../../streams/new-stream.ts'
import type { Operation } from '../operation.ts'

/** @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_TagDeliveryStream.html */
export function tagDeliveryStream(streams: DeliveryStreams): Operation {
  return {
    name: 'TagDeliveryStream',
    run(input) {
      streams.tag(String(input['DeliveryStreamName']), tagsOf(input['Tags']))
      return {}
    },
  }
}
