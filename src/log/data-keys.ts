/** Keys that encrypt frames (server-side encryption of a delivery stream). `streams/keyring.ts` provides them. */

import type { PartitionId } from '../record.ts'

export interface DataKey {
  /** From 1; unique in a data directory. 0 in a frame means: not encrypted. */
  readonly keyId: number
  /** 32 bytes, AES-256. */
  readonly key: Buffer
}

export interface DataKeys {
  /** What new frames of the partition are encrypted with; undefined when encryption is off. */
  current(partition: PartitionId): DataKey | undefined
  /** A key by its number, old ones included; undefined when it cannot be unwrapped now. */
  find(keyId: number): DataKey | undefined
}
