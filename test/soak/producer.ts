/**
 * A client that puts numbered records as fast as its share allows. A put without an answer is never repeated: its
 * records go again under new numbers, so that the old ones may be there once or not at all.
 */

import { setTimeout as wait } from 'node:timers/promises'
import type { FirehoseCalls } from '../support/firehose-call.ts'
import type { SeededChance } from '../support/seeded-chance.ts'
import { numberedRecord } from './numbered-records.ts'
import type { SoakStream } from './soak-streams.ts'

const BATCH_RECORDS_MAX = 500
/** Of puts; the rest are PutRecordBatch. */
const SINGLE_SHARE = 0.2
const AFTER_FAILURE_MS = 20

export interface ProducerCounts {
  puts: number
  unanswered: number
  refused: number
}

/** @param recordsPerSecond  of this producer */
export async function produce(
  calls: FirehoseCalls,
  streams: readonly SoakStream[],
  chance: SeededChance,
  { recordsPerSecond, signal }: { readonly recordsPerSecond: number; readonly signal: AbortSignal },
): Promise<ProducerCounts> {
  const counts: ProducerCounts = { puts: 0, unanswered: 0, refused: 0 }
  while (!signal.aborted) {
    const startedMs = performance.now()
    const isSingle = chance.fraction() < SINGLE_SHARE
    const count = isSingle ? 1 : chance.whole(1, BATCH_RECORDS_MAX)
    const { name, ledger } = chance.pick(streams)
    const first = ledger.take(count)
    const records = Array.from({ length: count }, (_, i) => ({
      Data: numberedRecord(first + i, chance).toString('base64'),
    }))
    const accepted = await put(calls, name, isSingle, records, counts)
    if (accepted) ledger.acknowledge(first, count)
    else await wait(AFTER_FAILURE_MS)
    const restMs = (count / recordsPerSecond) * 1000 - (performance.now() - startedMs)
    if (restMs > 0) await wait(restMs)
  }
  return counts
}

async function put(
  calls: FirehoseCalls,
  name: string,
  isSingle: boolean,
  records: readonly { readonly Data: string }[],
  counts: ProducerCounts,
): Promise<boolean> {
  counts.puts++
  const input = isSingle ? { Record: records[0] } : { Records: records }
  try {
    const { status, text } = await calls.send(
      isSingle ? 'PutRecord' : 'PutRecordBatch',
      JSON.stringify({ DeliveryStreamName: name, ...input }),
    )
    if (status !== 200) counts.refused++
    return status === 200 && (isSingle || text.startsWith('{"FailedPutCount":0,'))
  } catch {
    counts.unanswered++
    return false
  }
}
