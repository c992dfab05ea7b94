/** What the rest of Hydrant knows of the log: where puts are made durable. The embedded engine is `embedded-log.ts`. */

import type { Offset, PartitionId } from '../record.ts'
import type { Frame } from './frame.ts'

export interface LogCondition {
  readonly accepting: boolean
  /** Why not, as a sentence for a person. */
  readonly reason?: string
}

export interface Log {
  /**
   * A frame to decode the records of one put into, from a pool. It goes back to the pool when `append` settles;
   * one that is not appended is given back with `release`.
   */
  frame(recordCount: number, dataBytes: number): Frame
  release(frame: Frame): void
  /**
   * Makes the records of a frame durable; all or none. Resolves with the offset of the first once they are on
   * stable storage; calls that arrive during a sync share the next one.
   * @throws {LogUnavailableError} when the disk is full, failing or over quota: nothing was acknowledged
   */
  append(partition: PartitionId, frame: Frame): Promise<Offset>
  condition(): LogCondition
}
