import type { DeliveryStreams } from '../../streams/delivery-streams.ts'
import type { Operation } from '../operation.ts'

const LIMIT_DEFAULT = 10

/** @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_ListDeliveryStreams.html */
export function listDeliveryStreams(streams: DeliveryStreams): Operation {
  return {
    name: 'ListDeliveryStreams',
    run(input) {
      const after = String(input['ExclusiveStartDeliveryStreamName'] ?? '')
      const type = input['DeliveryStreamType']
      const limit = Number(input['Limit'] ?? LIMIT_DEFAULT)
      const names = streams.all
        .filter((stream) => type === undefined || stream.type === type)
        .map(({ name }) => name)
        .filter((name) => name > after)
      return { DeliveryStreamNames: names.slice(0, limit), HasMoreDeliveryStreams: names.length > limit }
    },
  }
}
