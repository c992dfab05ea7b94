/**
 * `hydrant log inspect`: what the log holds of one delivery stream, for operators and bug reports. Reads every frame
 * and writes nothing; no content of a record is shown.
 */

import { join, relative } from 'node:path'
import type { Config } from '../config/config.ts'
import { readJournal } from '../delivery/journal.ts'
import { OperatorError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { nodePlatform } from '../node-platform.ts'
import type { Offset, PartitionId } from '../record.ts'
import { StreamStore } from '../streams/stream-store.ts'
import { LogDirectory, segmentNumber } from './log-directory.ts'
import { readSegment, type StoredSegment } from './stored-segment.ts'

const { disk } = nodePlatform
const LANES = ['primary', 'backup'] as const
const HEADINGS = ['segment', 'offsets', 'records', 'bytes', 'frames', 'state']
const NUMBERS = new Intl.NumberFormat('en-US')

type Write = (line: string) => void

/**
 * Works beside a running server too; then the tail of the newest segment may still be on its way.
 *
 * @throws {OperatorError} for a stream that is not there, and for files of a version that this Hydrant does not know
 */
export async function inspectLog(
  { dataDirectory }: Pick<Config, 'dataDirectory'>,
  streamName: string,
  write: Write,
): Promise<void> {
  const definition = await readDefinition(dataDirectory, streamName)
  const directory = new LogDirectory(dataDirectory)
  const shared = await readSegments(directory.shared)
  const partitions = definition['partitions'] as readonly PartitionId[]
  write(`${streamName}  ${String(definition['arn'])}  ${String(definition['status'])}`)
  for (const partition of partitions) await inspectPartition(directory, partition, shared, write)
  const damaged = shared.flatMap((segment) => damageOf(directory, segment))
  if (damaged.length > 0) write('')
  for (const line of damaged) write(line)
}

async function readDefinition(dataDirectory: string, streamName: string): Promise<JsonObject> {
  const path = join(dataDirectory, 'control.sqlite')
  if ((await disk.size(path)) === undefined) {
    throw new OperatorError(
      `${dataDirectory} is not the data directory of a Hydrant: it has no control.sqlite.`,
    )
  }
  const store = new StreamStore(path, { readOnly: true })
  try {
    const definitions = store.definitions()
    const definition = definitions.find(({ name }) => name === streamName)
    if (definition !== undefined) return definition
    const names = definitions.map(({ name }) => String(name)).join(', ') || 'none'
    throw new OperatorError(
      `There is no delivery stream ${streamName} in ${dataDirectory}. There are: ${names}.`,
    )
  } finally {
    store.close()
  }
}

async function readSegments(directory: string): Promise<readonly StoredSegment[]> {
  const segments: StoredSegment[] = []
  for (const { name } of await disk.list(directory)) {
    if (segmentNumber(name) === undefined) continue
    const segment = await readSegment(disk, join(directory, name), { verify: true })
    if (segment !== undefined) segments.push(segment)
  }
  return segments.sort((a, b) => a.header.epoch - b.header.epoch)
}

async function inspectPartition(
  directory: LogDirectory,
  partition: PartitionId,
  shared: readonly StoredSegment[],
  write: Write,
): Promise<void> {
  write('')
  write(`partition ${partition}`)
  const low = await inspectJournals(directory, partition, write)
  const own = await readSegments(directory.partition(partition))
  const rows = [...own, ...shared]
    .map((segment) => describe(directory, segment, partition, low))
    .filter((row) => row !== undefined)
  if (rows.length === 0) write('  no records in the log')
  else for (const line of table([HEADINGS, ...rows])) write(`  ${line}`)
  for (const segment of own) for (const line of damageOf(directory, segment)) write(`  ${line}`)
}

/** Returns the offset below which every lane has settled all. */
async function inspectJournals(
  directory: LogDirectory,
  partition: PartitionId,
  write: Write,
): Promise<Offset> {
  let low = Infinity
  for (const lane of LANES) {
    const journal = await readJournal(disk, directory.journal(partition, lane))
    if (journal === undefined) continue
    const { state, damagedLines } = journal
    low = Math.min(low, state.low)
    write(`  ${lane}: all below ${NUMBERS.format(state.low)} is settled`)
    for (const range of state.settled.ranges) write(`    settled too: ${offsets(range.from, range.to)}`)
    for (const { bucket, key, offsets: ranges } of state.intents.values()) {
      const list = ranges.map(({ from, to }) => offsets(from, to)).join(', ')
      write(`    sealed, not known to have arrived: s3://${bucket}/${key} with ${list}`)
    }
    if (damagedLines > 0) write(`    ${damagedLines} lines of the journal are damaged`)
  }
  return low === Infinity ? 0 : low
}

/** A row of the table; undefined when the segment has no records of the partition. */
function describe(
  directory: LogDirectory,
  segment: StoredSegment,
  partition: PartitionId,
  low: Offset,
): readonly string[] | undefined {
  const runs = [...segment.runs].filter((run) => run.partition === partition)
  const first = runs[0]
  const last = runs.at(-1)
  if (first === undefined || last === undefined) return undefined
  const records = runs.reduce((sum, run) => sum + run.endOffset - run.baseOffset, 0)
  const bytes = runs.reduce((sum, run) => sum + run.bytes, 0)
  const state = segment.footerPosition === undefined ? 'not sealed' : 'sealed'
  return [
    relative(directory.root, segment.path),
    offsets(first.baseOffset, last.endOffset),
    NUMBERS.format(records),
    NUMBERS.format(bytes),
    NUMBERS.format(segment.frames?.get(partition) ?? 0),
    last.endOffset <= low ? `${state}, settled` : state,
  ]
}

function damageOf(directory: LogDirectory, { path, damage }: StoredSegment): readonly string[] {
  return damage.map(
    ({ position, bytes }) =>
      `damage: ${relative(directory.root, path)}, ${NUMBERS.format(bytes)} bytes at ${NUMBERS.format(position)}`,
  )
}

/** First and last of a half-open run. */
function offsets(from: Offset, to: Offset): string {
  return `${NUMBERS.format(from)} to ${NUMBERS.format(to - 1)}`
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}
