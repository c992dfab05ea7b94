/** An S3 server that fails in every way, at every step: what is tried again until it succeeds is there once, and whole. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { S3ObjectStore } from '../../src/destinations/s3/s3-object-store.ts'
import { DeliveryError } from '../../src/errors.ts'
import { bodyOf, numberedBytes } from '../support/bodies.ts'
import { type Fault, FaultProxy, faults } from '../support/fault-proxy.ts'
import type { S3Operation } from '../support/s3-request.ts'
import { requireService } from '../support/services.ts'
import { type S3Server, startVersitygw } from '../support/versitygw.ts'

const HEADERS = { contentType: 'application/octet-stream', contentEncoding: 'gzip' }
const PART_BYTES = 5 * 2 ** 20
const SMALL = numberedBytes(300_000, 1)
const LARGE = numberedBytes(2 * PART_BYTES + 999, 2)
const TIMEOUT_MS = 1000
/** Most of them wait for a timeout. */
const TOGETHER = { concurrency: 8 }
/** More than any test injects. */
const TRIES_MAX = 6
const never = new AbortController().signal

/** What each fault is called in the guide's words. */
const CODES: Readonly<Record<string, string>> = {
  slowDown: 'S3.SlowDown',
  accessDenied: 'S3.AccessDenied',
  noSuchBucket: 'S3.NoSuchBucket',
}

interface Faulty {
  readonly s3: S3Server
  readonly proxy: FaultProxy
  readonly store: S3ObjectStore
  readonly bucket: string
}

async function openFaulty(t: TestContext): Promise<Faulty | undefined> {
  const s3 = await requireService(t, 'versitygw', startVersitygw)
  if (s3 === undefined) return undefined
  const proxy = await FaultProxy.start(s3.url)
  const store = new S3ObjectStore(
    s3.settings({ endpoint: proxy.url, partBytes: PART_BYTES, requestTimeoutMs: TIMEOUT_MS }),
  )
  t.after(async () => {
    await store.close()
    await proxy.close()
  })
  return { s3, proxy, store, bucket: await s3.newBucket() }
}

/** As the delivery loop does, without the waiting. Returns the failures. */
async function putUntilDone(
  { store, bucket }: Faulty,
  key: string,
  content: Buffer,
): Promise<DeliveryError[]> {
  const failures: DeliveryError[] = []
  while (failures.length < TRIES_MAX) {
    try {
      await store.put(bucket, key, bodyOf(content), HEADERS, never)
      return failures
    } catch (error) {
      assert.ok(error instanceof DeliveryError, String(error))
      assert.equal(error.retryable, true)
      failures.push(error)
    }
  }
  throw new Error(`${key} was not delivered in ${TRIES_MAX} tries`, { cause: failures.at(-1) })
}

/** The object is there as it should be, it is the only one, and no part of another is. */
async function assertOnlyObject({ s3, bucket }: Faulty, key: string, content: Buffer): Promise<void> {
  const { Contents = [] } = await s3.client.send(new ListObjectsV2Command({ Bucket: bucket }))
  assert.deepEqual(
    Contents.map((object) => object.Key),
    [key],
  )
  assert.ok(content.equals(await readFile(join(s3.directory, bucket, key))))
  const { Uploads = [] } = await s3.client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
  assert.deepEqual(Uploads, [])
}

const everyFault: readonly [string, Fault][] = Object.entries(faults)

function testPut(operation: S3Operation, content: Buffer): void {
  describe(`a put whose ${operation} fails`, TOGETHER, () => {
    for (const [name, fault] of everyFault) {
      test(`by ${name} is tried again and arrives once`, async (t) => {
        const faulty = await openFaulty(t)
        if (faulty === undefined) return
        faulty.proxy.inject(operation, fault, 2)
        const failures = await putUntilDone(faulty, 'x/object', content)
        assert.equal(faulty.proxy.faultsMet, 2)
        assert.ok(failures.length > 0)
        for (const { code } of failures) assert.equal(code, CODES[name] ?? 'InternalError')
        await assertOnlyObject(faulty, 'x/object', content)
      })
    }
  })
}

testPut('PutObject', SMALL)
testPut('CreateMultipartUpload', LARGE)
testPut('UploadPart', LARGE)
testPut('CompleteMultipartUpload', LARGE)

describe('an upload by parts that cannot be aborted either', TOGETHER, () => {
  for (const [name, fault] of everyFault) {
    test(`because of ${name} is cleared after the next try`, async (t) => {
      const faulty = await openFaulty(t)
      if (faulty === undefined) return
      const { proxy } = faulty
      proxy.inject('UploadPart', faults.slowDown)
      proxy.inject('AbortMultipartUpload', fault)
      assert.ok((await putUntilDone(faulty, 'x/object', LARGE)).length > 0)
      assert.equal(proxy.faultsMet, 2)
      await assertOnlyObject(faulty, 'x/object', LARGE)
    })
  }
})

describe('the question whether an object is there', TOGETHER, () => {
  for (const [name, fault] of everyFault) {
    // A server that says of an object that it is not there is believed: the same object is then written again.
    if (name === 'noSuchBucket') continue
    test(`is not answered wrongly under ${name}`, async (t) => {
      const faulty = await openFaulty(t)
      if (faulty === undefined) return
      const { proxy, store, bucket } = faulty
      await putUntilDone(faulty, 'there', SMALL)
      for (const [key, size] of [
        ['there', SMALL.length],
        ['missing', undefined],
      ] as const) {
        proxy.inject('HeadObject', fault)
        await store.head(bucket, key, never).then(
          (found) => assert.equal(found, size),
          (error: unknown) => assert.ok(error instanceof DeliveryError && error.retryable),
        )
        assert.equal(await store.head(bucket, key, never), size)
      }
      assert.equal(proxy.faultsMet, 2)
    })

    test(`is not answered when ${name} leaves it open whether there is a bucket`, async (t) => {
      const faulty = await openFaulty(t)
      if (faulty === undefined) return
      const { proxy, store, bucket } = faulty
      proxy.inject('HeadBucket', fault)
      await store.head(bucket, 'missing', never).then(
        (found) => assert.equal(found, undefined),
        (error: unknown) => assert.ok(error instanceof DeliveryError && error.retryable),
      )
      assert.equal(proxy.faultsMet, 1)
    })
  }

  test('is not answered for a bucket that is missing', async (t) => {
    const faulty = await openFaulty(t)
    if (faulty === undefined) return
    faulty.proxy.inject(() => true, faults.noSuchBucket, 2)
    await assert.rejects(faulty.store.head(faulty.bucket, 'there', never), { code: 'S3.NoSuchBucket' })
  })
})

describe('the clearing of unfinished uploads', TOGETHER, () => {
  for (const [name, fault] of everyFault) {
    test(`fails under ${name}, or is complete`, async (t) => {
      const faulty = await openFaulty(t)
      if (faulty === undefined) return
      const { proxy, store, bucket, s3 } = faulty
      proxy.inject('CompleteMultipartUpload', faults.internalError)
      proxy.inject('AbortMultipartUpload', faults.internalError)
      await assert.rejects(store.put(bucket, 'left', bodyOf(LARGE), HEADERS, never), DeliveryError)
      const uploads = async () => {
        const { Uploads = [] } = await s3.client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
        return Uploads.length
      }
      assert.equal(await uploads(), 1)
      for (const operation of ['ListMultipartUploads', 'AbortMultipartUpload'] as const) {
        proxy.inject(operation, fault)
        const failure = await store.abortUnfinished(bucket, 'left', never).catch((error: unknown) => error)
        if (failure === undefined) assert.equal(await uploads(), 0)
        else assert.ok(failure instanceof DeliveryError && failure.retryable)
        proxy.clear()
      }
      await store.abortUnfinished(bucket, 'left', never)
      assert.equal(await uploads(), 0)
    })
  }
})

describe('a put that is called off', TOGETHER, () => {
  for (const [operation, content] of [
    ['PutObject', SMALL],
    ['CreateMultipartUpload', LARGE],
    ['UploadPart', LARGE],
    ['CompleteMultipartUpload', LARGE],
  ] as const) {
    test(`while ${operation} stalls ends at once`, async (t) => {
      const faulty = await openFaulty(t)
      if (faulty === undefined) return
      const { s3, proxy, bucket } = faulty
      const store = new S3ObjectStore(
        s3.settings({ endpoint: proxy.url, partBytes: PART_BYTES, requestTimeoutMs: 3_600_000 }),
      )
      t.after(() => store.close())
      const controller = new AbortController()
      const isStalling = new Promise<void>((resolve) => {
        proxy.inject((request) => {
          if (request.operation !== operation) return false
          resolve()
          return true
        }, faults.stallBefore)
      })
      const put = store.put(bucket, 'k', bodyOf(content), HEADERS, controller.signal)
      await isStalling
      controller.abort(new Error('the server stops'))
      await assert.rejects(put, /the server stops/)
    })
  }
})

test('a server that is not there', async (t) => {
  const s3 = await requireService(t, 'versitygw', startVersitygw)
  if (s3 === undefined) return
  const store = new S3ObjectStore(s3.settings({ endpoint: 'http://127.0.0.1:1' }))
  await assert.rejects(store.put('bucket', 'k', bodyOf('x'), HEADERS, never), {
    code: 'InternalError',
    message: /ECONNREFUSED/,
  })
  await store.close()
})

test('wrong credentials are told from a missing bucket, and never repeated', async (t) => {
  const s3 = await requireService(t, 'versitygw', startVersitygw)
  if (s3 === undefined) return
  const bucket = await s3.newBucket()
  for (const [credentials, code] of [
    [{ ...s3.credentials, secretAccessKey: 'a-wrong-secret' }, 'S3.AccessDenied'],
    [{ accessKeyId: 'nobody', secretAccessKey: 'a-wrong-secret' }, 'S3.InvalidToken'],
  ] as const) {
    const store = new S3ObjectStore(s3.settings({ credentials }))
    await assert.rejects(store.put(bucket, 'k', bodyOf('x'), HEADERS, never), (error: unknown) => {
      assert.ok(error instanceof DeliveryError)
      assert.equal(error.code, code)
      assert.doesNotMatch(error.message, /a-wrong-secret|Signature=|AWS4-HMAC/)
      return true
    })
    await assert.rejects(store.head(bucket, 'k', never), { code: 'S3.AccessDenied' })
    await store.close()
  }
})
