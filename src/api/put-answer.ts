/** The answers of PutRecord and PutRecordBatch, written as bytes: 500 ids by `JSON.stringify` cost three times as much. */

import type { Offset, PartitionId } from '../record.ts'
import { RECORD_ID_LENGTH, type RecordIds } from './record-id.ts'

const ENTRY_START = '{"RecordId":"'
const ENTRY_END = '"},'
const ENTRY_BYTES = ENTRY_START.length + RECORD_ID_LENGTH + ENTRY_END.length
const RECORDS_MAX = 500
/** All that is the same in every answer, with room for the ids. */
const ENTRIES = Buffer.from(
  `${ENTRY_START}${'-'.repeat(RECORD_ID_LENGTH)}${ENTRY_END}`.repeat(RECORDS_MAX),
  'latin1',
)
const END = ']}'

export function batchAnswer(
  ids: RecordIds,
  partition: PartitionId,
  baseOffset: Offset,
  count: number,
  encrypted: boolean,
): Buffer {
  const start = `{"FailedPutCount":0,"Encrypted":${encrypted},"RequestResponses":[`
  const entries = count * ENTRY_BYTES
  const answer = Buffer.allocUnsafe(start.length + entries - 1 + END.length)
  answer.latin1Write(start, 0)
  ENTRIES.copy(answer, start.length, 0, entries - 1)
  for (let i = 0; i < count; i++) {
    ids.write(answer, start.length + i * ENTRY_BYTES + ENTRY_START.length, partition, baseOffset + i)
  }
  answer.latin1Write(END, start.length + entries - 1)
  return answer
}

export function recordAnswer(
  ids: RecordIds,
  partition: PartitionId,
  offset: Offset,
  encrypted: boolean,
): Buffer {
  return Buffer.from(`{"RecordId":"${ids.format(partition, offset)}","Encrypted":${encrypted}}`, 'latin1')
}
