/** What every destination must do. `destination.test.ts` runs it over each of them. */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Batch, Destination } from '../../src/destinations/destination.ts'
import { DeliveryError } from '../../src/errors.ts'
import { bodyOf } from '../support/bodies.ts'

export interface DestinationUnderTest {
  readonly destination: Destination
  /** The same destination after a restart of the server. */
  reopen(): Destination
  /** All that arrived, unpacked and joined, one entry for each batch. */
  arrived(): Promise<readonly string[]>
  /** From now on the endpoint fails, or says nothing; until `mend`. */
  breakDown(): void
  mend(): void
  /** Leaves behind what a server that is killed while it delivers this batch would. */
  dieDelivering(batch: Batch): Promise<void>
  /** What unfinished deliveries left at the endpoint. */
  leftovers(): Promise<readonly string[]>
}

const never = new AbortController().signal
const OLDEST_MS = Date.UTC(2026, 10, 24, 14, 0, 0)

function newBatch(destination: Destination, id: string, content: string): Batch {
  const encoder = destination.newEncoder(destination.encoding)
  const encoded = Buffer.concat([...encoder.write(Buffer.from(content)), ...encoder.end()])
  const { bucket, key } = destination.locate(OLDEST_MS)
  return {
    id,
    bucket,
    key,
    encoding: destination.encoding,
    offsets: [{ from: 0, to: 1 }],
    body: bodyOf(encoded),
    records: 1,
    bytes: content.length,
  }
}

/** @param open  undefined when the endpoint cannot be had; it has skipped the test */
export function testDestination(
  name: string,
  open: (t: TestContext) => Promise<DestinationUnderTest | undefined>,
): void {
  const check = (what: string, body: (under: DestinationUnderTest) => Promise<void>) =>
    test(`${name}: ${what}`, async (t) => {
      const under = await open(t)
      if (under !== undefined) await body(under)
    })

  check('delivers batches', async ({ destination, arrived }) => {
    const contents = ['first\n', 'second\n', 'x'.repeat(200_000)]
    for (const [i, content] of contents.entries()) {
      await destination.deliver(newBatch(destination, `${i}`, content), never)
    }
    assert.deepEqual([...(await arrived())].sort(), [...contents].sort())
  })

  check('holds a batch that is repeated once', async ({ destination, arrived }) => {
    const batch = newBatch(destination, 'repeated', 'once\n')
    await destination.deliver(batch, never)
    await destination.deliver(batch, never)
    assert.deepEqual(await arrived(), ['once\n'])
  })

  check('fails while the endpoint does, and delivers the same batch afterwards', async (under) => {
    const { destination, arrived, breakDown, mend } = under
    const batch = newBatch(destination, 'late', 'late\n')
    breakDown()
    const isRetryable = (error: unknown) => error instanceof DeliveryError && error.retryable
    await assert.rejects(destination.deliver(batch, never), isRetryable)
    await assert.rejects(destination.arrived(batch, never), isRetryable)
    mend()
    assert.equal(await destination.arrived(batch, never), false)
    await destination.deliver(batch, never)
    assert.deepEqual(await arrived(), ['late\n'])
  })

  check('ends with its signal', async ({ destination, arrived }) => {
    const batch = newBatch(destination, 'ended', 'never\n')
    await assert.rejects(destination.deliver(batch, AbortSignal.abort()), DeliveryError)
    await assert.rejects(destination.arrived(batch, AbortSignal.abort()), DeliveryError)
    assert.deepEqual(await arrived(), [])
  })

  check('knows after a restart what arrived', async ({ destination, reopen }) => {
    const [delivered, lost] = ['delivered', 'lost'].map((id) => newBatch(destination, id, `${id}\n`))
    await destination.deliver(delivered!, never)
    const restarted = reopen()
    assert.equal(await restarted.arrived(delivered!, never), true)
    assert.equal(await restarted.arrived(lost!, never), false)
  })

  check('recovers from a delivery that was cut off', async (under) => {
    const { destination, reopen, arrived, dieDelivering, leftovers } = under
    const batch = newBatch(destination, 'cut', 'cut\n')
    await dieDelivering(batch)
    assert.notDeepEqual(await leftovers(), [])
    const restarted = reopen()
    assert.equal(await restarted.arrived(batch, never), false)
    await restarted.deliver(batch, never)
    assert.deepEqual(await arrived(), ['cut\n'])
    assert.deepEqual(await leftovers(), [])
  })

  check('is checked without a delivery', async ({ destination, arrived, breakDown, mend }) => {
    await destination.check(never)
    breakDown()
    await assert.rejects(destination.check(never), DeliveryError)
    mend()
    await destination.check(never)
    assert.deepEqual(await arrived(), [])
  })

  check('closes', async ({ reopen }) => {
    const destination = reopen()
    await destination.close()
    await destination.close()
  })
}
