/** Building the body of a batch that an earlier run sealed: the same records, read from the log again. */

import type { PartitionReader } from '../log/partition-reader.ts'
import type { OffsetRange, RecordBatch } from '../record.ts'
import type { GrowingBody } from './growing-body.ts'
import type { Intent } from './journal-format.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { OpenBuffer } from './open-buffer.ts'

export interface RebuildContext {
  readonly reader: PartitionReader
  readonly budget: MemoryBudget
  readonly signal: AbortSignal
  newBody(): GrowingBody
}

/** @returns undefined when none of its records can be read any more */
export async function rebuild(intent: Intent, context: RebuildContext): Promise<OpenBuffer | undefined> {
  const buffer = new OpenBuffer(
    context.newBody(),
    intent.encoding,
    intent.offsets[0]?.from ?? 0,
    intent.oldestMs,
  )
  try {
    for (const range of intent.offsets) await addRange(buffer, range, context)
    if (buffer.records > 0) buffer.body.end()
  } catch (error) {
    await buffer.body.dispose()
    throw error
  }
  if (buffer.records > 0) return buffer
  await buffer.body.dispose()
  return undefined
}

async function addRange(buffer: OpenBuffer, range: OffsetRange, context: RebuildContext): Promise<void> {
  const { reader, budget, signal } = context
  let cursor = range.from
  const take = (batch: RecordBatch) => {
    const end = batch.baseOffset + batch.lengths.length
    const from = Math.max(cursor, batch.baseOffset)
    const to = Math.min(range.to, end)
    if (to > from) buffer.add(batch, from - batch.baseOffset, to - batch.baseOffset, Infinity)
    cursor = Math.max(cursor, end)
  }
  while (cursor < range.to) {
    signal.throwIfAborted()
    if (!(await budget.fill(() => reader.read(cursor, (batches) => batches.forEach(take))))) return
  }
}
