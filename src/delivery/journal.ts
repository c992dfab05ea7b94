/** Writes the delivery journal of one lane (format: journal-format.ts). Calls made during a sync share the next. */

import { dirname } from 'node:path'
import type { Disk, DiskFile } from '../platform.ts'
import type { Offset, OffsetRange } from '../record.ts'
import {
  applyLine,
  emptyState,
  encodeLine,
  encodeState,
  type Intent,
  type JournalLine,
  type JournalState,
  type ParsedArea,
  parseArea,
} from './journal-format.ts'

/** One area holds some fifty objects before the state is written anew. */
const AREA_BYTES = 16 * 1024

interface Waiting {
  readonly line: JournalLine
  readonly sync: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Reads a journal. Undefined when there is none. */
export async function readJournal(disk: Disk, path: string): Promise<StoredJournal | undefined> {
  const size = await disk.size(path)
  if (size === undefined || size === 0) return undefined
  const bytes = Buffer.alloc(size)
  const file = await disk.open(path, { readOnly: true })
  try {
    await file.read(bytes, 0)
  } finally {
    await file.close()
  }
  const areaBytes = size / 2
  const areas = [parseArea(bytes.subarray(0, areaBytes), path), parseArea(bytes.subarray(areaBytes), path)]
  const current = (areas[0]?.sequence ?? -1) > (areas[1]?.sequence ?? -1) ? 0 : 1
  const area = areas[current]
  return area === undefined ? undefined : { ...area, areaBytes, area: current }
}

export interface StoredJournal extends ParsedArea {
  readonly areaBytes: number
  readonly area: 0 | 1
}

export class Journal {
  readonly #disk: Disk
  readonly #path: string
  /** What the file says, all lines that were asked for included. */
  readonly state: JournalState
  /** Lines that could not be read: of what they sealed, the same records may be delivered again as other objects. */
  readonly damagedLines: number
  #areaBytes: number
  #area: 0 | 1
  #sequence: number
  #end: number
  /**
   * What the next write is. At first the area as it was read: perhaps it was never synced, and then the other one is
   * all that a crash would leave. After a failure a whole new area, because a failed sync may have lost lines before
   * it too; the whole file when it is not known which of two is there.
   */
  #next: 'same area' | 'line' | 'new area' | 'new file' = 'same area'
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined

  private constructor(disk: Disk, path: string, stored: StoredJournal) {
    this.#disk = disk
    this.#path = path
    this.state = stored.state
    this.damagedLines = stored.damagedLines
    this.#areaBytes = stored.areaBytes
    this.#area = stored.area
    this.#sequence = stored.sequence
    this.#end = stored.end
  }

  /** Opens the journal, or begins one at `low`: the offset of the first record that this lane is to deliver. */
  static async open(disk: Disk, path: string, low: Offset): Promise<Journal> {
    const stored = await readJournal(disk, path)
    if (stored !== undefined) return new Journal(disk, path, stored)
    const state = emptyState(low)
    const bytes = encodeState(state, 1)
    await writeNewFile(disk, path, bytes, AREA_BYTES)
    await putInPlace(disk, path)
    const begun = { state, sequence: 1, areaBytes: AREA_BYTES, area: 0, damagedLines: 0 } as const
    const journal = new Journal(disk, path, { ...begun, end: bytes.length })
    journal.#next = 'line'
    return journal
  }

  /** Resolves when the intent is on stable storage: only then may the destination be tried. */
  intent(intent: Intent): Promise<void> {
    return this.#append({ intent }, true)
  }

  /** The batch arrived. Not synced: if the line is lost, the destination is asked again. */
  settle(id: string, offsets: readonly OffsetRange[]): Promise<void> {
    return this.#append({ settled: id, offsets }, false)
  }

  /** There is nothing at these offsets. */
  skip(range: OffsetRange): Promise<void> {
    return this.#append({ skipped: [range] }, false)
  }

  /** Resolves when everything so far is written. */
  async close(): Promise<void> {
    await this.#writing
  }

  #append(line: JournalLine, sync: boolean): Promise<void> {
    applyLine(this.state, line)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line, sync, resolve, reject })
      this.#writing ??= this.#write()
    })
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0)
      try {
        await this.#writeGroup(group)
        for (const waiting of group) waiting.resolve()
      } catch (error) {
        for (const waiting of group) waiting.reject(error)
      }
    }
    this.#writing = undefined
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    if (this.#next === 'same area') await this.#writeSameArea()
    const lines = Buffer.concat(group.map(({ line }) => encodeLine(line, this.#sequence)))
    if (this.#next !== 'line' || this.#end + lines.length > this.#areaBytes) {
      // The state holds these lines already.
      await this.#beginArea()
      return
    }
    const sync = group.some((waiting) => waiting.sync)
    this.#next = 'new area'
    await this.#writeAt(this.#area * this.#areaBytes + this.#end, lines, sync)
    this.#next = 'line'
    this.#end += lines.length
  }

  /** Writes what was read once more, and zeros over what lies behind it: remains of lines that never counted. */
  async #writeSameArea(): Promise<void> {
    const bytes = Buffer.alloc(this.#areaBytes)
    const position = this.#area * this.#areaBytes
    await this.#withFile((file) => file.read(bytes.subarray(0, this.#end), position))
    await this.#writeAt(position, bytes, true)
    await syncNames(this.#disk, this.#path)
    this.#next = 'line'
  }

  /** Writes the whole state into the other area, or into a larger file when it does not fit well. */
  async #beginArea(): Promise<void> {
    const sequence = this.#sequence + 1
    const bytes = encodeState(this.state, sequence)
    if (this.#next === 'new file' || bytes.length > this.#areaBytes / 2) {
      const areaBytes = 4 * Math.ceil(bytes.length / AREA_BYTES) * AREA_BYTES
      await writeNewFile(this.#disk, this.#path, bytes, areaBytes)
      this.#next = 'new file'
      await putInPlace(this.#disk, this.#path)
      this.#areaBytes = areaBytes
      this.#area = 0
    } else {
      const area = this.#area === 0 ? 1 : 0
      this.#next = 'new area'
      await this.#writeAt(area * this.#areaBytes, bytes, true)
      this.#area = area
    }
    this.#next = 'line'
    this.#end = bytes.length
    this.#sequence = sequence
  }

  #writeAt(position: number, bytes: Buffer, sync: boolean): Promise<void> {
    return this.#withFile(async (file) => {
      await file.write([bytes], position)
      if (sync) await file.datasync()
    })
  }

  /** The file is opened for each use: thousands of lanes must not mean thousands of open files. */
  async #withFile<T>(action: (file: DiskFile) => Promise<T>): Promise<T> {
    const file = await this.#disk.open(this.#path)
    try {
      return await action(file)
    } finally {
      await file.close()
    }
  }
}

/** Makes the file under another name, so that it is there whole or not at all. */
async function writeNewFile(disk: Disk, path: string, state: Buffer, areaBytes: number): Promise<void> {
  const content = Buffer.alloc(2 * areaBytes)
  state.copy(content)
  await disk.makeDirectory(dirname(path))
  const file = await disk.open(newPath(path), { create: true })
  try {
    await file.truncate(0)
    await file.write([content], 0)
    await file.datasync()
  } finally {
    await file.close()
  }
}

async function putInPlace(disk: Disk, path: string): Promise<void> {
  await disk.rename(newPath(path), path)
  await syncNames(disk, path)
}

async function syncNames(disk: Disk, path: string): Promise<void> {
  const directory = dirname(path)
  await disk.syncDirectory(directory)
  await disk.syncDirectory(dirname(directory))
}

function newPath(path: string): string {
  return `${path}.new`
}
