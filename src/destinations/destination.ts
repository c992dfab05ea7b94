/** What a destination is: it writes one batch, once, to one place. Waiting, retrying and backup belong to `delivery/`. */

import type { Body, BodyEncoder } from '../formats/body.ts'
import type { OffsetRange } from '../record.ts'

/** What identifies a batch for good: fixed when it is sealed, journaled before the first try, the same on every try. */
export interface BatchIdentity {
  readonly id: string
  /** Where it goes: `bucket` and `key` of the object. */
  readonly bucket: string
  readonly key: string
  /** How its body is made; kept so that the same batch can be built again after a crash. */
  readonly encoding: string
  /** Records in it, ascending, without overlap. */
  readonly offsets: readonly OffsetRange[]
}

export interface Batch extends BatchIdentity {
  readonly body: Body
  readonly records: number
  /** Bytes of the records before encoding. */
  readonly bytes: number
}

export interface Destination {
  /** Fixes where a batch goes. `oldestMs`: arrival of its oldest record; both parts of an S3 key show it. */
  locate(oldestMs: number): { readonly bucket: string; readonly key: string }
  /** Names the encoding of new batches. */
  readonly encoding: string
  /** An encoder for a new body; `encoding` is that of a journaled batch when one is built again. */
  newEncoder(encoding: string): BodyEncoder
  /**
   * Writes the batch; resolves when it is safely there.
   * @throws {DeliveryError} when the batch is not known to have arrived
   */
  deliver(batch: Batch, signal: AbortSignal): Promise<void>
  /** Asks whether a batch of an earlier run arrived, and clears what an unfinished try of it left behind. */
  arrived(batch: BatchIdentity, signal: AbortSignal): Promise<boolean>
  /** Tries address and credentials without writing a record. */
  check(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}
