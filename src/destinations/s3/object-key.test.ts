import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Chance } from '../../platform.ts'
import type { S3Settings } from '../../streams/delivery-stream.ts'
import { objectKey } from './object-key.ts'

const uuid = '8f5ad0c4-5d8f-4f0e-9c4b-0c7a6a4a3a11'
const chance: Chance = { bytes: (n) => Buffer.alloc(n), uuid: () => uuid, fraction: () => 0 }
const settings: S3Settings = {
  bucket: 'b',
  prefix: '',
  errorOutputPrefix: '',
  buffering: { sizeBytes: 1, intervalMs: 1 },
  compression: 'GZIP',
  fileExtension: '',
  timeZone: 'UTC',
}
const key = (changes: Partial<S3Settings>) =>
  objectKey({
    settings: { ...settings, ...changes },
    streamName: 'orders',
    versionId: 3,
    oldestMs: Date.parse('2025-03-04T11:48:32.364Z'),
    chance,
  })

test('the key shows stream, version and the arrival of the oldest record', () => {
  assert.equal(key({}), `2025/03/04/11/orders-3-2025-03-04-11-48-32-${uuid}.gz`)
})

test('each compression format has its extension', () => {
  const extension = (changes: Partial<S3Settings>) => key(changes).split(uuid)[1]
  assert.equal(extension({ compression: 'UNCOMPRESSED' }), '')
  assert.equal(extension({ compression: 'ZIP' }), '.zip')
  assert.equal(extension({ compression: 'Snappy' }), '.snappy')
  assert.equal(extension({ compression: 'HADOOP_SNAPPY' }), '.snappy')
})

test('a file extension replaces that of the format', () => {
  assert(key({ fileExtension: '.log' }).endsWith(`${uuid}.log`))
})

test('both times are in the custom time zone', () => {
  assert.equal(key({ timeZone: 'Asia/Tokyo' }), `2025/03/04/20/orders-3-2025-03-04-20-48-32-${uuid}.gz`)
})
