import type { DeliveryStreams } from '../../streams/delivery-streams.ts'
import type { Operation } from '../operation.ts'

/** @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_StopDeliveryStreamEncryption.html */
export function stopDeliveryStreamEncryption(streams: DeliveryStreams): Operation {
  return {
    name: 'StopDeliveryStreamEncryption',
    run(input) {
      streams.stopEncryption(String(input['DeliveryStreamName']))
      return {}
    },
  }
}
