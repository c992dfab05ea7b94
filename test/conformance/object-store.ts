/** What every object store must do. `object-store.test.ts` runs it over each of them. */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { DeliveryError } from '../../src/errors.ts'
import { bodyOf, numberedBytes } from '../support/bodies.ts'
import type { StoreUnderTest } from './stores.ts'

const HEADERS = { contentType: 'application/octet-stream' }
const never = new AbortController().signal

/** @param open  undefined when the storage cannot be had; it has skipped the test */
export function testObjectStore(
  name: string,
  open: (t: TestContext) => Promise<StoreUnderTest | undefined>,
): void {
  const check = (what: string, body: (under: StoreUnderTest) => Promise<void>) =>
    test(`${name}: ${what}`, async (t) => {
      const under = await open(t)
      if (under !== undefined) await body(under)
    })

  check('delivers bodies of any size, byte for byte', async ({ store, newBucket, objects, leftovers }) => {
    const bucket = await newBucket()
    const expected = new Map<string, Buffer>()
    // The largest goes up by parts, the last of them a short one.
    for (const bytes of [0, 1, 65_536, 1_000_001, 5 * 2 ** 20, 12 * 2 ** 20 + 17]) {
      const content = numberedBytes(bytes, expected.size)
      expected.set(`2026/11/24/${bytes}.gz`, content)
      await store.put(bucket, `2026/11/24/${bytes}.gz`, bodyOf(content, 100_000), HEADERS, never)
    }
    const found = await objects(bucket)
    assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort())
    for (const [key, content] of expected) assert.ok(content.equals(found.get(key)!), key)
    assert.deepEqual(await leftovers(bucket), [])
  })

  check('knows the size of an object, and what is not there', async ({ store, newBucket }) => {
    const bucket = await newBucket()
    assert.equal(await store.head(bucket, 'a/b', never), undefined)
    await store.put(bucket, 'a/b', bodyOf('twelve bytes'), HEADERS, never)
    assert.equal(await store.head(bucket, 'a/b', never), 12)
    assert.equal(await store.head(bucket, 'a', never), undefined)
    assert.equal(await store.head(bucket, 'a/b/c', never), undefined)
  })

  check('replaces an object when its key is repeated', async ({ store, newBucket, objects }) => {
    const bucket = await newBucket()
    for (const content of ['the first try', 'the second']) {
      await store.put(bucket, 'same/key', bodyOf(content), HEADERS, never)
    }
    assert.deepEqual([...(await objects(bucket))], [['same/key', Buffer.from('the second')]])
  })

  check('writes many objects at once', async ({ store, newBucket, objects }) => {
    const bucket = await newBucket()
    const keys = Array.from({ length: 40 }, (_, i) => `at-once/${i % 3}/${i}`)
    await Promise.all(keys.map((key) => store.put(bucket, key, bodyOf(key), HEADERS, never)))
    const found = await objects(bucket)
    assert.deepEqual([...found.keys()].sort(), [...keys].sort())
    for (const [key, content] of found) assert.equal(content.toString(), key)
  })

  check('tells a missing bucket from a missing object', async ({ store }) => {
    const isNoSuchBucket = (error: unknown) =>
      error instanceof DeliveryError && error.code === 'S3.NoSuchBucket' && error.retryable
    const bucket = 'no-such-bucket'
    await assert.rejects(store.put(bucket, 'k', bodyOf('x'), HEADERS, never), isNoSuchBucket)
    await assert.rejects(store.head(bucket, 'k', never), isNoSuchBucket)
    await assert.rejects(store.check(bucket, never), isNoSuchBucket)
  })

  check('checks a bucket without writing', async ({ store, newBucket, objects }) => {
    const bucket = await newBucket()
    await store.check(bucket, never)
    assert.equal((await objects(bucket)).size, 0)
  })

  check(
    'ends with its signal and leaves nothing behind',
    async ({ store, newBucket, objects, leftovers }) => {
      const bucket = await newBucket()
      for (const bytes of [1000, 12 * 2 ** 20]) {
        const controller = new AbortController()
        const { length, read } = bodyOf(numberedBytes(bytes), 500)
        const body = {
          length,
          async *read(from?: number, to?: number) {
            for await (const chunk of read(from, to)) {
              controller.abort(new Error('the server stops'))
              yield chunk
            }
          },
        }
        await assert.rejects(
          store.put(bucket, `aborted-${bytes}`, body, HEADERS, controller.signal),
          DeliveryError,
        )
      }
      await assert.rejects(store.head(bucket, 'k', AbortSignal.abort()), DeliveryError)
      assert.equal((await objects(bucket)).size, 0)
      assert.deepEqual(await leftovers(bucket), [])
    },
  )

  check('fails when a body cannot be read, and leaves nothing behind', async (under) => {
    const { store, newBucket, objects, leftovers } = under
    const bucket = await newBucket()
    // Stores read a body once or twice, or by parts: each of these readings may be the one that fails.
    for (const bytes of [1000, 12 * 2 ** 20]) {
      for (const failing of [1, 2, 3, 4]) {
        let reads = 0
        const { length, read } = bodyOf(numberedBytes(bytes), 500)
        const body = {
          length,
          async *read(from = 0, to = length) {
            const isFailing = ++reads === failing
            yield* read(from, from + 500)
            if (isFailing) throw new Error('the spool file cannot be read')
            yield* read(from + 500, to)
          },
        }
        const key = `unreadable-${bytes}-${failing}`
        const failure = await store.put(bucket, key, body, HEADERS, never).catch((error: unknown) => error)
        if (reads < failing) {
          assert.equal(failure, undefined)
          continue
        }
        assert.ok(failure instanceof DeliveryError)
        assert.match(failure.message, /the spool file cannot be read/)
        assert.equal((await objects(bucket)).has(key), false)
      }
    }
    assert.deepEqual(await leftovers(bucket), [])
  })

  check('clears what a killed server left of one key, and no more', async (under) => {
    const { reopen, newBucket, leftovers, startWriting, objects } = under
    const bucket = await newBucket()
    await startWriting(bucket, 'killed/one')
    await startWriting(bucket, 'killed/one')
    await startWriting(bucket, 'killed/one-more')
    assert.equal((await leftovers(bucket)).length, 3)
    const store = reopen()
    assert.equal(await store.head(bucket, 'killed/one', never), undefined)
    await store.abortUnfinished(bucket, 'killed/one', never)
    assert.equal((await leftovers(bucket)).length, 1)
    await store.put(bucket, 'killed/one', bodyOf('recovered'), HEADERS, never)
    assert.deepEqual([...(await objects(bucket)).keys()], ['killed/one'])
    await store.abortUnfinished(bucket, 'killed/one-more', never)
    assert.deepEqual(await leftovers(bucket), [])
    await store.close()
  })

  check('takes keys that a file system would not', async ({ store, newBucket, objects }) => {
    const bucket = await newBucket()
    const keys = ['ü/日本/€', 'sp ace/+plus', 'per%cent/50%25', "quo'te/(a)!*", `${'long'.repeat(50)}/x`]
    for (const key of keys) {
      await store.put(bucket, key, bodyOf(key), HEADERS, never)
      assert.equal(await store.head(bucket, key, never), Buffer.byteLength(key), key)
    }
    const contents = [...(await objects(bucket)).values()].map(String)
    assert.deepEqual(contents.sort(), [...keys].sort())
  })

  check('refuses calls once closed', async ({ reopen, newBucket }) => {
    const bucket = await newBucket()
    const store = reopen()
    await store.put(bucket, 'k', bodyOf('x'), HEADERS, never)
    await store.close()
    await store.close()
    await assert.rejects(store.put(bucket, 'k', bodyOf('y'), HEADERS, never), DeliveryError)
    await assert.rejects(store.head(bucket, 'k', never), DeliveryError)
  })
}
