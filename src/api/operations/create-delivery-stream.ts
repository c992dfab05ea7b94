import type { DeliveryStreams } from '../../streams/delivery-streams.ts'
import { createRequest } from '../../streams/new-stream.ts'
import type { Operation } from '../operation.ts'

/** @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html */
export function createDeliveryStream(streams: DeliveryStreams): Operation {
  return {
    name: 'CreateDeliveryStream',
    run: (input) => ({ DeliveryStreamARN: streams.create(createRequest(input)).arn }),
  }
}
