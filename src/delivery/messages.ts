/** What the main thread and the delivery workers say to each other. Plain values: they are cloned on the way. */

import type { ObjectStoreSettings } from '../config/config.ts'
import type { OwnSegment } from '../log/partition-index.ts'
import type { DeliveryEvent } from '../observability/events.ts'
import type { Offset, PartitionId } from '../record.ts'
import type { DeliverySettings } from '../streams/delivery-stream.ts'

/** Given to a worker when it is started. */
export interface WorkerSettings {
  readonly worker: number
  readonly dataDirectory: string
  readonly objectStore: ObjectStoreSettings
  readonly buckets: readonly (readonly [string, ObjectStoreSettings])[]
  readonly gzipLevel: number
  readonly budgetBytes: number
  readonly failedMsMax: number | undefined
}

export type ToWorker =
  | {
      readonly type: 'open'
      readonly request: number
      readonly partition: PartitionId
      readonly settings: DeliverySettings
      readonly own: readonly OwnSegment[]
      /** Rows of a run table. */
      readonly shared: Float64Array
      readonly start: Offset
    }
  | {
      readonly type: 'update'
      readonly request: number
      readonly partition: PartitionId
      readonly settings: DeliverySettings
      readonly start: Offset
    }
  /** The stream was deleted: end at once, keep nothing. */
  | { readonly type: 'remove'; readonly request: number; readonly partition: PartitionId }
  | { readonly type: 'segment'; readonly epoch: number; readonly path: string }
  | { readonly type: 'forget'; readonly request: number; readonly epoch: number }
  /** Rows of a run table: records that are on stable storage now. */
  | { readonly type: 'committed'; readonly rows: Float64Array }
  | {
      readonly type: 'moved'
      readonly partition: PartitionId
      readonly epoch: number
      readonly segments: readonly OwnSegment[]
    }
  | { readonly type: 'key'; readonly keyId: number; readonly key: Uint8Array }
  | { readonly type: 'stop'; readonly request: number; readonly graceMs: number }

export type FromWorker =
  | { readonly type: 'done'; readonly request: number; readonly error?: string }
  /** Pairs of partition and offset. */
  | { readonly type: 'checkpoints'; readonly pairs: readonly (readonly [PartitionId, Offset])[] }
  | { readonly type: 'events'; readonly events: readonly DeliveryEvent[] }
