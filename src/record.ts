/** The values that travel: what a record is between the log and a destination. */

/** Position of a record in its partition; given once, never reused. 2^53 last 285 years at a million a second. */
export type Offset = number

/** Number of a log partition, unique in a data directory and never reused. */
export type PartitionId = number

/** Names and values that a processor found in a record, for `!{partitionKeyFromQuery:…}` and its sibling. */
export type PartitionKeys = Readonly<Record<string, string>>

/** One record on its way. Every record derived from it keeps its offset. */
export interface StreamRecord {
  readonly offset: Offset
  /** Decoded from base64; at most 1,024,000 bytes on arrival. */
  readonly data: Uint8Array
  /** Milliseconds since the epoch, UTC. */
  readonly arrivedAtMs: number
  /** Empty until a processor finds some. */
  readonly partitionKeys: PartitionKeys
}

/**
 * Records that were put together and lie together: their bytes joined without a gap, and the length of each.
 * The log hands out these, so that a body is built by whole slices instead of record by record.
 */
export interface RecordBatch {
  readonly partition: PartitionId
  /** Offset of the first record; the others follow without a gap. */
  readonly baseOffset: Offset
  readonly arrivedAtMs: number
  /** Length of each record in bytes. */
  readonly lengths: Uint32Array
  /** All records, one behind the other. Valid until the next read of the same reader. */
  readonly data: Uint8Array
}

/** A half-open run of offsets: `from` is in it, `to` is not. */
export interface OffsetRange {
  readonly from: Offset
  readonly to: Offset
}
