import { ApiError } from '../../errors.ts'
import { isJsonObject, type JsonObject } from '../../json.ts'
import type { DeliveryStreams } from '../../streams/delivery-streams.ts'
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

/** @throws {ApiError} InvalidArgumentException for a key that is given twice */
export function tagsOf(list: JsonObject[string]): ReadonlyMap<string, string> {
  const tags = new Map<string, string>()
  for (const tag of Array.isArray(list) ? list : []) {
    if (!isJsonObject(tag)) continue
    const key = String(tag['Key'])
    if (tags.has(key))
      throw new ApiError('InvalidArgumentException', `The tag key ${key} is given more than once.`)
    tags.set(key, String(tag['Value'] ?? ''))
  }
  return tags
}
