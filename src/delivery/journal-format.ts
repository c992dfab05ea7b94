/**
 * The delivery journal of one lane: what was sealed and what was settled. Text, so that a person can read it.
 *
 * ```
 * file   two areas of equal size, zero-filled when the file is made: its blocks exist before they are needed, so a
 *        full disk does not stop deliveries, which are what makes room again
 * area   lines, ended by the first NUL or by lines that belong to an earlier use of the area
 * line   <CRC-32 of sequence and JSON, 8 hex digits> <JSON> \n
 * first  {"journal":1,"sequence":7,"low":120,"settled":[[130,140]],"intents":[…]}
 *        the whole state when this area was begun, in one line: a crash leaves all of it or nothing. The area with
 *        the higher sequence counts
 * then   {"intent":{"id":…,"bucket":…,"key":…,"encoding":…,"oldestMs":…,"offsets":[[140,200]]}}
 *        sealed: synced before the first try, so that every object that may exist is known
 *        {"settled":"<id>","offsets":[[140,200]]}
 *        arrived; not synced, for a lost line only means that the destination is asked again
 *        {"skipped":[[200,201]]}
 *        nothing is there: damaged, or a group that was never acknowledged
 * ```
 */

import { crc32 } from 'node:zlib'
import type { BatchIdentity } from '../destinations/destination.ts'
import { OperatorError } from '../errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import type { Offset, OffsetRange } from '../record.ts'
import { OffsetSet } from './offset-set.ts'

const VERSION = 1
const NEWLINE = 10
const CRC_DIGITS = 8

/** A sealed batch, as the journal keeps it. */
export interface Intent extends BatchIdentity {
  /** Arrival of its oldest record. */
  readonly oldestMs: number
}

/** What the journal says of a partition. */
export interface JournalState {
  /** All below is settled. */
  low: Offset
  /** Settled at or above `low`. */
  readonly settled: OffsetSet
  /** Sealed, not known to have arrived; by id, in the order of sealing. */
  readonly intents: Map<string, Intent>
}

export type JournalLine =
  | { readonly intent: Intent }
  | { readonly settled: string; readonly offsets: readonly OffsetRange[] }
  | { readonly skipped: readonly OffsetRange[] }

export interface ParsedArea {
  readonly sequence: number
  readonly state: JournalState
  /** Where the next line goes. */
  readonly end: number
  readonly damagedLines: number
}

export function emptyState(low: Offset): JournalState {
  return { low, settled: new OffsetSet(), intents: new Map() }
}

export function applyLine(state: JournalState, line: JournalLine): void {
  if ('intent' in line) {
    state.intents.set(line.intent.id, line.intent)
    return
  }
  if ('settled' in line) state.intents.delete(line.settled)
  for (const range of 'settled' in line ? line.offsets : line.skipped) state.settled.add(range)
  state.low = state.settled.firstOutside(state.low)
  state.settled.dropBelow(state.low)
}

/** The line that begins an area. */
export function encodeState({ low, settled, intents }: JournalState, sequence: number): Buffer {
  const first = { journal: VERSION, sequence, low, settled: pairs(settled.ranges) }
  return encodeJson({ ...first, intents: [...intents.values()].map(intentJson) }, sequence)
}

export function encodeLine(line: JournalLine, sequence: number): Buffer {
  if ('intent' in line) return encodeJson({ intent: intentJson(line.intent) }, sequence)
  if ('settled' in line) return encodeJson({ settled: line.settled, offsets: pairs(line.offsets) }, sequence)
  return encodeJson({ skipped: pairs(line.skipped) }, sequence)
}

/**
 * @returns undefined when the area was never begun, or its beginning did not survive a crash
 * @throws {OperatorError} for a version that this Hydrant does not know
 */
export function parseArea(area: Buffer, path: string): ParsedArea | undefined {
  const firstEnd = area.indexOf(NEWLINE)
  if (firstEnd < 0) return undefined
  const text = area.subarray(0, firstEnd).toString('utf8')
  const first = parseJson(text.slice(CRC_DIGITS + 1))
  if (!isJsonObject(first) || typeof first['sequence'] !== 'number') return undefined
  const sequence = first['sequence']
  if (!hasChecksum(text, sequence)) return undefined
  if (first['journal'] !== VERSION) {
    throw new OperatorError(
      `${path} has journal version ${String(first['journal'])}, and this Hydrant reads version ${VERSION}. ` +
        'Start the Hydrant that wrote it.',
    )
  }
  const state = emptyState(typeof first['low'] === 'number' ? first['low'] : 0)
  for (const range of ranges(first['settled'])) state.settled.add(range)
  for (const intent of intents(first['intents'])) state.intents.set(intent.id, intent)
  let end = firstEnd + 1
  let unread = 0
  let damagedLines = 0
  for (let at = end; at < area.length; ) {
    const newline = area.indexOf(NEWLINE, at)
    if (newline < 0) break
    const line = parseLine(area.subarray(at, newline).toString('utf8'), sequence)
    at = newline + 1
    if (line === undefined) {
      unread++
      continue
    }
    applyLine(state, line)
    damagedLines += unread
    unread = 0
    end = at
  }
  return { sequence, state, end, damagedLines }
}

function parseLine(text: string, sequence: number): JournalLine | undefined {
  if (!hasChecksum(text, sequence)) return undefined
  const line = parseJson(text.slice(CRC_DIGITS + 1))
  if (!isJsonObject(line)) return undefined
  if (isJsonObject(line['intent'])) return { intent: parseIntent(line['intent']) }
  if (typeof line['settled'] === 'string')
    return { settled: line['settled'], offsets: ranges(line['offsets']) }
  return { skipped: ranges(line['skipped']) }
}

function intents(value: Json | undefined): Intent[] {
  return Array.isArray(value) ? value.filter(isJsonObject).map(parseIntent) : []
}

function parseIntent(intent: JsonObject): Intent {
  return {
    id: String(intent['id']),
    bucket: String(intent['bucket']),
    key: String(intent['key']),
    encoding: String(intent['encoding']),
    oldestMs: Number(intent['oldestMs']),
    offsets: ranges(intent['offsets']),
  }
}

/** Member by member: what is sealed may know more than its journal needs. */
function intentJson({ id, bucket, key, encoding, oldestMs, offsets }: Intent): JsonObject {
  return { id, bucket, key, encoding, oldestMs, offsets: pairs(offsets) }
}

function encodeJson(value: Json, sequence: number): Buffer {
  const json = JSON.stringify(value)
  return Buffer.from(`${checksum(json, sequence)} ${json}\n`, 'utf8')
}

function hasChecksum(line: string, sequence: number): boolean {
  return (
    line[CRC_DIGITS] === ' ' && line.slice(0, CRC_DIGITS) === checksum(line.slice(CRC_DIGITS + 1), sequence)
  )
}

/** The sequence is in it, so that a line left from an earlier use of the area is not taken for one of this. */
function checksum(json: string, sequence: number): string {
  return crc32(`${sequence}${json}`).toString(16).padStart(CRC_DIGITS, '0')
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function pairs(list: readonly OffsetRange[]): [number, number][] {
  return list.map(({ from, to }) => [from, to])
}

function ranges(value: Json | undefined): OffsetRange[] {
  if (!Array.isArray(value)) return []
  return value.map((pair) => {
    const [from, to] = pair as [number, number]
    return { from, to }
  })
}
