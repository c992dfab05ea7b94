import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, test } from 'node:test'
import { OperatorError } from '../errors.ts'
import { StreamStore } from './stream-store.ts'

let directory: string
let path: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hydrant-store-'))
  path = join(directory, 'control.sqlite')
})

afterEach(() => rmSync(directory, { recursive: true }))

test('its files are readable by their owner only', () => {
  const store = new StreamStore(path)
  store.save('orders', {})
  for (const name of readdirSync(directory)) {
    assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600, name)
  }
  store.close()
})

test('a change is on disk before the call returns: write-ahead log, full synchronisation', () => {
  const store = new StreamStore(path)
  assert.deepEqual(store.durability(), { journalMode: 'wal', synchronous: 2 })
  store.close()
})

test('a counter goes on after a restart and is never set back', () => {
  const store = new StreamStore(path)
  assert.deepEqual([store.next('partition'), store.next('partition'), store.next('other')], [1, 2, 1])
  store.close()
  const again = new StreamStore(path)
  assert.equal(again.next('partition'), 3)
  again.close()
})

test('the number of a key is not given again when its stream is gone', () => {
  const store = new StreamStore(path)
  const owner = { stream: 'orders', masterKey: 'AWS_OWNED_CMK' }
  assert.equal(store.addKey(owner, Buffer.alloc(60)), 1)
  store.remove('orders')
  assert.deepEqual(store.keys(), [])
  assert.equal(store.addKey(owner, Buffer.alloc(60)), 2)
  store.close()
})

test('nothing of a transaction that fails is kept', () => {
  const store = new StreamStore(path)
  assert.throws(() =>
    store.transaction(() => {
      store.save('orders', {})
      throw new Error('no')
    }),
  )
  assert.deepEqual(store.definitions(), [])
  store.transaction(() => store.save('orders', { name: 'orders' }))
  assert.deepEqual(store.definitions(), [{ name: 'orders' }])
  store.close()
})

test('calls that switch encryption are forgotten when they are old', () => {
  const store = new StreamStore(path)
  store.addEncryptionCall('orders', 100)
  store.addEncryptionCall('orders', 200)
  store.addEncryptionCall('other', 200)
  assert.equal(store.encryptionCalls('orders', 99), 2)
  assert.equal(store.encryptionCalls('orders', 100), 1)
  store.close()
})

test('a database of another version is refused', () => {
  const other = new DatabaseSync(path)
  other.exec('PRAGMA user_version = 99')
  other.close()
  assert.throws(
    () => new StreamStore(path),
    (error) => error instanceof OperatorError && error.message.includes('has version 99'),
  )
})

test('a file that is no database is refused, and left as it is', () => {
  const content = Buffer.alloc(4096, 'not a database ')
  writeFileSync(path, content)
  assert.throws(
    () => new StreamStore(path),
    (error) => error instanceof OperatorError && error.message.startsWith(`${path} cannot be read`),
  )
  assert.equal(statSync(path).size, content.length)
})
