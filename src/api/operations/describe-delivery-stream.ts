import type { DeliveryStreams } from '../../streams/delivery-streams.ts'
import { describe } from '../../streams/describe.ts'
import type { Operation } from '../operation.ts'

/**
 * There is one destination, so `Limit` and `ExclusiveStartDestinationId` never leave any out, as in AWS.
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_DescribeDeliveryStream.html
 */
export function describeDeliveryStream(streams: DeliveryStreams): Operation {
  return {
    name: 'DescribeDeliveryStream',
    run: (input) => ({
      DeliveryStreamDescription: describe(streams.get(String(input['DeliveryStreamName']))),
    }),
  }
}
