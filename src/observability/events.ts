/** What the parts of the server report of themselves. `metrics.ts` counts it, `logger.ts` writes what a person should read. */

import type { PartitionId } from '../record.ts'

export interface ApiObserver {
  /** One answered request. `streamName` only when the stream exists, so that callers cannot invent metric labels. */
  request(request: {
    readonly operation: string
    readonly streamName?: string
    readonly errorType?: string
    readonly durationMs: number
    readonly bytes: number
    readonly records: number
  }): void
  /** Records refused by quota emulation. */
  throttled(streamName: string, records: number): void
}

export interface LogObserver {
  /** One group commit. */
  synced(durationMs: number, bytes: number, frames: number): void
  /** Bytes on disk in all segments that hold records. */
  size(bytes: number): void
  /** Puts are refused from now on, or taken again (`reason` undefined). */
  condition(reason: string | undefined): void
  damaged(path: string, position: number, bytes: number): void
}

/** Which of a stream's deliveries: to its destination, or its source backup. */
export type Lane = 'primary' | 'backup'

/** Sent by delivery workers to the main thread in lists. */
export type DeliveryEvent =
  | {
      readonly kind: 'delivered'
      readonly streamName: string
      readonly lane: Lane
      readonly bucket: string
      readonly key: string
      readonly records: number
      /** Before compression. */
      readonly bytes: number
      readonly bodyBytes: number
      readonly durationMs: number
    }
  | {
      /** One try failed; it will be made again. */
      readonly kind: 'failed'
      readonly streamName: string
      readonly streamArn: string
      readonly versionId: number
      readonly lane: Lane
      /** Bucket ARN. */
      readonly destination: string
      readonly errorCode: string
      readonly message: string
      readonly attempt: number
      /** Where CloudWatchLoggingOptions of the block is on. */
      readonly errorLog?: { readonly group: string; readonly stream: string }
    }
  | {
      /** `undefined`: nothing waits. */
      readonly kind: 'oldest'
      readonly streamName: string
      readonly lane: Lane
      readonly partition: PartitionId
      readonly arrivedAtMs: number | undefined
    }
  | {
      /** Records given up because `retention.failedHours` passed. */
      readonly kind: 'expired'
      readonly streamName: string
      readonly lane: Lane
      readonly records: number
    }
  | {
      readonly kind: 'damaged'
      readonly streamName: string
      readonly path: string
      readonly position: number
    }
  | {
      readonly kind: 'memory'
      readonly worker: number
      readonly bufferedBytes: number
      readonly spooledBytes: number
    }
