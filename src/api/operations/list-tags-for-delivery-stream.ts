import type { DeliveryStreams } from '../../streams/delivery-streams.ts'
import type { Operation } from '../operation.ts'

const LIMIT_DEFAULT = 50

/**
 * Sorted by key; the cursor is compared, so it works for a key that was removed since.
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_ListTagsForDeliveryStream.html
 */
export function listTagsForDeliveryStream(streams: DeliveryStreams): Operation {
  return {
    name: 'ListTagsForDeliveryStream',
    run(input) {
      const { tags } = streams.get(String(input['DeliveryStreamName']))
      const after = input['ExclusiveStartTagKey']
      const limit = Number(input['Limit'] ?? LIMIT_DEFAULT)
      const listed = [...tags]
        .filter(([key]) => after === undefined || key > String(after))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([Key, Value]) => (Value === undefined ? { Key } : { Key, Value }))
      return { Tags: listed.slice(0, limit), HasMoreTags: listed.length > limit }
    },
  }
}
