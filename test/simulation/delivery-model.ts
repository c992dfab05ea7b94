/** What deliveries must bring about: every acknowledged record in each of its lanes once, any other at most once. */

import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import type { Lane } from '../../src/observability/events.ts'
import type { PartitionId } from '../../src/record.ts'
import type { StoredObject } from './fake-object-store.ts'

const LANES = ['primary', 'backup'] as const

interface Put {
  readonly partition: PartitionId
  readonly records: readonly Buffer[]
  /** Whether the source backup was on before it was put. */
  readonly isBackedUp: boolean
  isAcknowledged: boolean
}

export class DeliveryModel {
  readonly #puts = new Map<number, Put>()

  /** Records that name themselves, each a line of about `size` bytes. */
  newPut(
    partition: PartitionId,
    sizes: readonly number[],
    isBackedUp: boolean,
  ): { readonly records: readonly Buffer[]; acknowledge(): void } {
    const number = this.#puts.size + 1
    const records = sizes.map((size, i) =>
      Buffer.from(`${`${partition}/${number}/${i};`.padEnd(size, '.')}\n`),
    )
    const put = { partition, records, isBackedUp, isAcknowledged: false }
    this.#puts.set(number, put)
    return {
      records,
      acknowledge: () => {
        put.isAcknowledged = true
      },
    }
  }

  /**
   * @param objects  keys of all begin with partition and lane: `1/primary/…`
   * @param isFinal  whether deliveries had all the time they need
   */
  check(objects: readonly StoredObject[], partitions: ReadonlySet<PartitionId>, isFinal: boolean): void {
    const found = new Map<string, string>()
    for (const object of objects) this.#checkObject(object, found)
    if (!isFinal) return
    for (const [number, { partition, records, isBackedUp, isAcknowledged }] of this.#puts) {
      if (!isAcknowledged || !partitions.has(partition)) continue
      for (const lane of LANES) {
        if (lane === 'backup' && !isBackedUp) continue
        for (const i of records.keys()) {
          const name = nameOf(lane, `${partition}/${number}/${i}`)
          assert.ok(found.has(name), `${name} was acknowledged and is not delivered`)
        }
      }
    }
  }

  #checkObject(object: StoredObject, found: Map<string, string>): void {
    const { bucket, key, encoding, body } = object
    const [partition, lane] = key.split('/') as [string, Lane]
    const text = encoding === 'GZIP' ? gunzipSync(body) : body
    for (const line of text.toString().split(/(?<=\n)/)) {
      const record = line.split(';')[0]!
      const [of, number, index] = record.split('/')
      const put = this.#puts.get(Number(number))
      assert.equal(
        put?.records[Number(index)]?.toString(),
        line,
        `${bucket}/${key} has what was never put: ${record}`,
      )
      assert.equal(of, partition, `${bucket}/${key} has a record of another stream: ${record}`)
      const name = nameOf(lane, record)
      assert.ok(!found.has(name), `${name} is in ${found.get(name)} and in ${bucket}/${key}`)
      found.set(name, `${bucket}/${key}`)
    }
  }
}

function nameOf(lane: Lane, record: string): string {
  return `record ${record} (${lane})`
}
