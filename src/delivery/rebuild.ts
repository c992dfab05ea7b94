/** Building the body of a batch that an earlier run sealed: the same records, read from the log again. */

import type { BatchIdentity } from '../destinations/destination.ts'
import type { PartitionReader } from '../log/partition-reader.ts'
import type { RecordBatch } from '../record.ts'
import type { GrowingBody } from './growing-body.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { OpenBuffer } from './open-buffer.ts'

/** @returns undefined when none of its records can be read any more */
export async function rebuild(
  identity: BatchIdentity,
  reader: PartitionReader,
  budget: MemoryBudget,
  newBody: () => GrowingBody,
): Promise<OpenBuffer | undefined> {
  let buffer: OpenBuffer | undefined
  for (const range of identity.offsets) {
    let cursor = range.from
    const take = (batch: RecordBatch) => {
      const from = Math.max(cursor, batch.baseOffset) - batch.baseOffset
      const to = Math.min(range.to - batch.baseOffset, batch.lengths.length)
      if (to > from) {
        buffer ??= new OpenBuffer(newBody(), identity.encoding, batch, cursor)
        buffer.add(batch, from, to, Infinity)
      }
      cursor = Math.max(cursor, batch.baseOffset + batch.lengths.length)
    }
    while (cursor < range.to) {
      await budget.room()
      if (!(await reader.read(cursor, (batches) => batches.forEach(take)))) break
    }
  }
  buffer?.body.end()
  return buffer
}
