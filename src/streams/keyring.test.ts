import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, test } from 'node:test'
import { settled } from '../../test/simulation/simulated-clock.ts'
import {
  type ControlPlane,
  type ControlPlaneOptions,
  KEY_ARN,
  openControlPlane,
  removeControlPlane,
  reopen,
} from './testing.ts'

const ORDERS = { DeliveryStreamName: 'orders' }
const CUSTOMER_KEY = {
  ...ORDERS,
  DeliveryStreamEncryptionConfigurationInput: { KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: KEY_ARN },
}
const MASTER_KEYS = new Map([[KEY_ARN, Buffer.alloc(32, 1)]])

let plane: ControlPlane

function open(options: ControlPlaneOptions = {}): ControlPlane {
  plane = openControlPlane(options)
  return plane
}

afterEach(() => removeControlPlane(plane))

const currentKey = () => plane.keyring.current(plane.streams.get('orders').partitions[0]!)
const problem = () => plane.keyring.problem(plane.streams.get('orders'))

test('without encryption there is no key, and no master key is made', () => {
  open().create('orders')
  assert.equal(currentKey(), undefined)
  assert.equal(problem(), undefined)
  assert.equal(existsSync(join(plane.directory, 'master.key')), false)
})

test('each stream and each start has a key of its own; old ones remain for reading', () => {
  const { create, call, keyring, streams } = open({ partitionsPerStream: 2 })
  create('orders')
  create('clicks')
  call('StartDeliveryStreamEncryption', ORDERS)
  call('StartDeliveryStreamEncryption', { DeliveryStreamName: 'clicks' })
  const first = currentKey()!
  call('StartDeliveryStreamEncryption', ORDERS)
  const [one, two] = streams.get('orders').partitions
  assert.deepEqual(
    [one, two].map((id) => keyring.current(id!)?.keyId),
    [3, 3],
  )
  assert.equal(first.key.length, 32)
  assert.equal(new Set([...keyring.all].map(({ key }) => key.toString('hex'))).size, 3)
  assert.equal(keyring.find(first.keyId), first)
  call('StopDeliveryStreamEncryption', ORDERS)
  assert.equal(currentKey(), undefined)
  assert.equal(keyring.find(first.keyId), first)
})

test('a stream can be created encrypted', () => {
  open({ masterKeys: MASTER_KEYS }).create('orders', undefined, {
    DeliveryStreamEncryptionConfigurationInput: CUSTOMER_KEY.DeliveryStreamEncryptionConfigurationInput,
  })
  assert.equal(currentKey()?.keyId, 1)
  assert.equal(plane.streams.get('orders').encryption.status, 'ENABLED')
})

test('keys are the same after a restart', () => {
  const before = open({ masterKeys: MASTER_KEYS })
  before.create('orders')
  before.call('StartDeliveryStreamEncryption', ORDERS)
  before.call('StartDeliveryStreamEncryption', CUSTOMER_KEY)
  const keys = [...before.keyring.all]
  const current = currentKey()
  plane = reopen(before, { masterKeys: MASTER_KEYS })
  assert.deepEqual([...plane.keyring.all], keys)
  assert.deepEqual(currentKey(), current)
})

test('no data key lies in the database in the clear, and the generated master key is for its owner', () => {
  const { create, call, directory } = open()
  create('orders')
  call('StartDeliveryStreamEncryption', ORDERS)
  for (const file of ['control.sqlite', 'control.sqlite-wal']) {
    assert.equal(readFileSync(join(directory, file)).includes(currentKey()!.key), false)
  }
  const masterKey = join(directory, 'master.key')
  assert.equal(statSync(masterKey).mode & 0o777, 0o600)
  assert.equal(readFileSync(masterKey).length, 32)
})

test('a key ARN without a master key is refused, with what to do, and changes nothing', () => {
  const { create, call, refusal } = open()
  create('orders')
  call('StartDeliveryStreamEncryption', ORDERS)
  const key = currentKey()
  assert.equal(
    refusal('StartDeliveryStreamEncryption', CUSTOMER_KEY),
    `InvalidKMSResourceException: The key ${KEY_ARN} cannot be used: masterKeys in hydrant.yaml has no entry for it, or another key than encryption was started with.`,
  )
  assert.equal(currentKey(), key)
  assert.equal(plane.streams.get('orders').encryption.keyType, 'AWS_OWNED_CMK')
})

for (const [title, masterKeys] of [
  ['is not configured any more', new Map()],
  ['is another than before', new Map([[KEY_ARN, Buffer.alloc(32, 2)]])],
] as const) {
  test(`a stream whose master key ${title} has a problem, until it is there again`, () => {
    const before = open({ masterKeys: MASTER_KEYS })
    before.create('orders')
    before.call('StartDeliveryStreamEncryption', CUSTOMER_KEY)
    const key = currentKey()
    plane = reopen(before, { masterKeys })
    assert.match(problem() ?? '', /masterKeys in hydrant\.yaml/)
    assert.equal(plane.keyring.find(key!.keyId), undefined)
    plane = reopen(plane, { masterKeys: MASTER_KEYS })
    assert.equal(problem(), undefined)
    assert.deepEqual(currentKey(), key)
  })
}

test('a new master key helps new puts, though old records stay closed', () => {
  const before = open({ masterKeys: MASTER_KEYS })
  before.create('orders')
  before.call('StartDeliveryStreamEncryption', CUSTOMER_KEY)
  const changed = { masterKeys: new Map([[KEY_ARN, Buffer.alloc(32, 2)]]) }
  plane = reopen(before, changed)
  plane.call('StartDeliveryStreamEncryption', CUSTOMER_KEY)
  assert.equal(problem(), undefined)
  plane = reopen(plane, changed)
  assert.equal(problem(), undefined)
  assert.deepEqual(
    [...plane.keyring.all].map(({ keyId }) => keyId),
    [2],
  )
})

test('a generated master key that is lost is not made anew by a start', () => {
  const before = open()
  before.create('orders')
  before.call('StartDeliveryStreamEncryption', ORDERS)
  const path = join(before.directory, 'master.key')
  rmSync(path)
  plane = reopen(before)
  assert.match(problem() ?? '', /master\.key is missing/)
  assert.equal(existsSync(path), false)
})

test('a damaged master key is refused, and not overwritten', () => {
  const { create, refusal, directory } = open()
  create('orders')
  writeFileSync(join(directory, 'master.key'), 'short')
  assert.match(refusal('StartDeliveryStreamEncryption', ORDERS), /^InvalidKMSResourceException/)
  assert.equal(readFileSync(join(directory, 'master.key'), 'utf8'), 'short')
})

test('a wrapped key that was given to another stream does not open', () => {
  const before = open()
  before.create('orders')
  before.call('StartDeliveryStreamEncryption', ORDERS)
  before.store.close()
  const database = new DatabaseSync(join(before.directory, 'control.sqlite'))
  database.exec("UPDATE data_keys SET stream = 'clicks'")
  database.close()
  plane = openControlPlane({ directory: before.directory, clock: before.clock })
  assert.deepEqual([...plane.keyring.all], [])
})

test('a stream keeps its key until its files are gone', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { create, call, keyring, streams } = open({ removeFiles: () => promise })
  create('orders')
  call('StartDeliveryStreamEncryption', ORDERS)
  const [partition] = streams.get('orders').partitions
  call('DeleteDeliveryStream', ORDERS)
  assert.notEqual(keyring.current(partition!), undefined)
  resolve()
  await settled()
  assert.equal(keyring.current(partition!), undefined)
})

test('encryption can be switched 25 times in 24 hours, and refused calls do not count', async () => {
  const { create, call, refusal, clock } = open()
  create('orders')
  for (let i = 0; i < 13; i++) {
    call('StartDeliveryStreamEncryption', ORDERS)
    if (i < 12) call('StopDeliveryStreamEncryption', ORDERS)
    await clock.advance(1000)
  }
  const limit =
    'LimitExceededException: Encryption of firehose orders was started or stopped 25 times in 24 hours. Try again later.'
  for (let hour = 0; hour < 23; hour++) {
    assert.equal(refusal('StopDeliveryStreamEncryption', ORDERS), limit)
    await clock.advance(3_600_000)
  }
  assert.equal(plane.streams.get('orders').encryption.status, 'ENABLED')
  await clock.advance(3_600_000)
  call('StopDeliveryStreamEncryption', ORDERS)
  assert.equal(plane.streams.get('orders').encryption.status, 'DISABLED')
})
