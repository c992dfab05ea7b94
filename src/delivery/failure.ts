/** The event that tells of a failed try, from the settings of the stream that it is about. */

import type { DeliveryEvent, Lane } from '../observability/events.ts'
import type { DeliverySettings } from '../streams/delivery-stream.ts'

export function failure(
  settings: DeliverySettings,
  lane: Lane,
  error: { readonly code: string; readonly message: string },
  attempt: number,
): DeliveryEvent {
  const { streamName, streamArn, versionId, primary, backup } = settings
  const { bucket, errorLog } = lane === 'backup' ? (backup ?? primary) : primary
  return {
    kind: 'failed',
    streamName,
    streamArn,
    versionId,
    lane,
    destination: `arn:aws:s3:::${bucket}`,
    errorCode: error.code,
    message: error.message,
    attempt,
    ...(errorLog === undefined ? {} : { errorLog }),
  }
}
