/** Reads partitions of a log as delivery workers do: told of commits and moves by messages that arrive a little later. */

import type { DataKeys } from '../../src/log/data-keys.ts'
import type { EmbeddedLog, LogListener } from '../../src/log/embedded-log.ts'
import { FRAME_BYTES_MAX } from '../../src/log/frame.ts'
import { type OwnSegment, PartitionIndex } from '../../src/log/partition-index.ts'
import { PartitionReader } from '../../src/log/partition-reader.ts'
import { ReadBuffers } from '../../src/log/read-buffers.ts'
import { type RunTable, runsOf } from '../../src/log/run-table.ts'
import { SegmentFiles } from '../../src/log/segment-files.ts'
import type { Disk } from '../../src/platform.ts'
import type { Offset, PartitionId } from '../../src/record.ts'

export interface ReadRecord {
  readonly offset: Offset
  readonly data: Buffer
}

const buffers = new ReadBuffers(8, FRAME_BYTES_MAX)

export class SimulatedDelivery implements LogListener {
  readonly damage: string[] = []
  readonly files: SegmentFiles
  readonly #disk: Disk
  readonly #turns: () => number
  readonly #keys: Pick<DataKeys, 'find'>
  readonly #partitions = new Map<PartitionId, { index: PartitionIndex; reader: PartitionReader }>()
  #messages: Promise<void> = Promise.resolve()

  /** @param options  `turns` of the promise queue that a message takes */
  constructor(
    log: EmbeddedLog,
    disk: Disk,
    options: { readonly turns?: () => number; readonly keys?: Pick<DataKeys, 'find'> } = {},
  ) {
    this.#disk = disk
    this.#turns = options.turns ?? (() => 0)
    this.#keys = options.keys ?? { find: () => undefined }
    this.files = new SegmentFiles(disk, 4)
    log.listen(this)
  }

  open(log: EmbeddedLog, partition: PartitionId): void {
    const { own, shared } = log.snapshot(partition)
    void this.#message(() => {
      const index = new PartitionIndex(partition, own, shared)
      const reader = new PartitionReader(index, {
        disk: this.#disk,
        files: this.files,
        buffers,
        keys: this.#keys,
        damaged: (path, position, bytes) => this.damage.push(`${path} ${position} ${bytes}`),
      })
      this.#partitions.set(partition, { index, reader })
    })
  }

  close(partition: PartitionId): void {
    this.#partitions.delete(partition)
  }

  /** The next records at or behind `from`: undefined at the tail. */
  async read(partition: PartitionId, from: Offset): Promise<readonly ReadRecord[] | undefined> {
    const reader = this.#partitions.get(partition)?.reader
    const records: ReadRecord[] = []
    const found = await reader?.read(from, (batches) => {
      for (const { baseOffset, lengths, data } of batches) {
        let at = 0
        for (const [i, length] of lengths.entries()) {
          const offset = baseOffset + i
          if (offset >= from) records.push({ offset, data: Buffer.from(data.subarray(at, at + length)) })
          at += length
        }
      }
    })
    return found ? records : undefined
  }

  async readAll(partition: PartitionId, from: Offset): Promise<readonly ReadRecord[]> {
    await this.#messages
    const records: ReadRecord[] = []
    for (let next = from; ; next = records.at(-1)!.offset + 1) {
      const more = await this.read(partition, next)
      if (more === undefined) return records
      records.push(...more)
    }
  }

  trim(partition: PartitionId, offset: Offset): void {
    for (const { path } of this.#partitions.get(partition)?.index.trim(offset) ?? []) this.files.release(path)
  }

  segmentStarted(epoch: number, path: string): void {
    void this.#message(() => this.files.register(epoch, path))
  }

  committed(runs: RunTable): void {
    const rows = runs.toArray()
    void this.#message(() => {
      for (const run of runsOf(rows)) this.#partitions.get(run.partition)?.index.add(run)
    })
  }

  moved(partition: PartitionId, epoch: number, segments: readonly OwnSegment[]): void {
    void this.#message(() => this.#partitions.get(partition)?.index.moved(epoch, segments))
  }

  async segmentEnded(epoch: number): Promise<void> {
    let ended: Promise<void> | undefined
    await this.#message(() => {
      ended = this.files.forget(epoch)
    })
    await ended
  }

  #message(receive: () => void): Promise<void> {
    this.#messages = this.#messages.then(async () => {
      for (let turn = this.#turns(); turn > 0; turn--) await undefined
      receive()
    })
    return this.#messages
  }
}
