/** What a log must hold: every record that was put, what became of the put, and how far its partition is settled. */

import assert from 'node:assert/strict'
import type { Offset, PartitionId } from '../../src/record.ts'
import type { ReadRecord } from './simulated-delivery.ts'

interface Put {
  readonly partition: PartitionId
  readonly records: readonly Buffer[]
  /** Known once it was acknowledged, or found after a crash. */
  offset?: Offset
}

export class PartitionModel {
  /** Each checkpoint so far: after a crash the log may hear of an older one. */
  readonly checkpoints: Offset[] = [0]
  /** One above the last record that was read. */
  cursor: Offset = 0
  readonly acknowledged = new Map<Offset, Buffer>()
  isStuck = false

  get settled(): Offset {
    return this.checkpoints.at(-1)!
  }
}

export class LogModel {
  readonly partitions = new Map<PartitionId, PartitionModel>()
  readonly #puts = new Map<number, Put>()
  #lastPut = 0

  /** Records of a new put: each begins with the number of the put and its own, and is told from every other by that. */
  newPut(
    partition: PartitionId,
    sizes: readonly number[],
  ): { readonly number: number; records: readonly Buffer[] } {
    const number = ++this.#lastPut
    const records = sizes.map((size, i) => {
      const name = Buffer.from(`${partition}/${number}/${i};`)
      return Buffer.concat([name, Buffer.alloc(Math.max(0, size - name.length), number)])
    })
    this.#puts.set(number, { partition, records })
    return { number, records }
  }

  acknowledge(number: number, offset: Offset): void {
    const put = this.#puts.get(number)!
    const partition = this.partitions.get(put.partition)
    if (partition === undefined || put.offset !== undefined) return
    put.offset = offset
    for (const [i, record] of put.records.entries()) {
      assert.ok(!partition.acknowledged.has(offset + i), `offset ${offset + i} was given twice`)
      partition.acknowledged.set(offset + i, record)
    }
  }

  /**
   * Checks records that were read in one piece, from `from` on.
   * @param isAll  whether they go up to the tail
   */
  check(id: PartitionId, from: Offset, read: readonly ReadRecord[], isAll: boolean): void {
    const partition = this.partitions.get(id)!
    let last = from - 1
    for (const { offset, data } of read) {
      assert.ok(offset > last, `partition ${id}: offset ${offset} follows ${last}`)
      last = offset
      const expected = partition.acknowledged.get(offset)
      if (expected !== undefined)
        assert.ok(data.equals(expected), `partition ${id}: other bytes at ${offset}`)
      else this.#checkUnanswered(id, offset, data)
    }
    const found = new Set(read.map(({ offset }) => offset))
    for (const offset of partition.acknowledged.keys()) {
      const isDue = offset >= Math.max(from, partition.settled) && (isAll || offset <= last)
      assert.ok(!isDue || found.has(offset), `partition ${id}: acknowledged offset ${offset} is lost`)
    }
  }

  /** What was found after a crash is there to stay, though nobody was told of it. */
  adopt(read: readonly ReadRecord[]): void {
    for (const { offset, data } of read) {
      const { put, number, index } = this.#identify(data)
      if (put?.offset === undefined && index === 0) this.acknowledge(number, offset)
    }
  }

  #checkUnanswered(id: PartitionId, offset: Offset, data: Buffer): void {
    const { put, index } = this.#identify(data)
    assert.ok(put?.partition === id, `partition ${id}: a record that was never put at ${offset}`)
    assert.ok(
      put.records[index]?.equals(data),
      `partition ${id}: other bytes at ${offset}, never acknowledged`,
    )
    assert.ok(
      put.offset === undefined,
      `partition ${id}: a record of offset ${put.offset} again at ${offset}`,
    )
  }

  #identify(data: Buffer) {
    const [, number, index] = data.subarray(0, data.indexOf(';')).toString().split('/').map(Number)
    return { put: this.#puts.get(number ?? 0), number: number ?? 0, index: index ?? -1 }
  }
}
