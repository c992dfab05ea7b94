/** The control operations in one table. Puts are wired apart from these: they have a path of their own. */

import type { DeliveryStreams } from '../../streams/delivery-streams.ts'
import type { Operation } from '../operation.ts'
import { createDeliveryStream } from './create-delivery-stream.ts'
import { deleteDeliveryStream } from './delete-delivery-stream.ts'
import { describeDeliveryStream } from './describe-delivery-stream.ts'
import { listDeliveryStreams } from './list-delivery-streams.ts'
import { listTagsForDeliveryStream } from './list-tags-for-delivery-stream.ts'
import { startDeliveryStreamEncryption } from './start-delivery-stream-encryption.ts'
import { stopDeliveryStreamEncryption } from './stop-delivery-stream-encryption.ts'
import { tagDeliveryStream } from './tag-delivery-stream.ts'
import { untagDeliveryStream } from './untag-delivery-stream.ts'
import { updateDestination } from './update-destination.ts'

export function controlOperations(streams: DeliveryStreams): ReadonlyMap<string, Operation> {
  const operations = [
    createDeliveryStream(streams),
    deleteDeliveryStream(streams),
    describeDeliveryStream(streams),
    listDeliveryStreams(streams),
    listTagsForDeliveryStream(streams),
    startDeliveryStreamEncryption(streams),
    stopDeliveryStreamEncryption(streams),
    tagDeliveryStream(streams),
    untagDeliveryStream(streams),
    updateDestination(streams),
  ]
  return new Map(operations.map((operation) => [operation.name, operation]))
}
