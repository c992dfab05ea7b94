import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { operationNames } from '../api/model/model.ts'
import { OPERATIONS } from './policy.ts'
import { configurationReference } from './reference.ts'
import { flagOf, SETTINGS, variableOf } from './settings.ts'
import { load } from './testing.ts'

const document = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')

describe('docs/configuration.md', () => {
  test('is what the settings say; if not, run: npm run docs', () => {
    assert.equal(document, configurationReference())
  })

  test('has every setting once', () => {
    for (const path of SETTINGS.keys()) assert.equal(document.split(`\n### ${path}\n`).length, 2, path)
  })

  test('shows files that load', () => {
    const environment = {
      WEB_SHOP_SECRET: 'a',
      ADMIN_SECRET: 'b',
      S3_SECRET: 'c',
      ORDERS_KEY: '00'.repeat(32),
    }
    const files = { '/run/secrets/audit-key': Buffer.alloc(32) }
    const examples = [...document.matchAll(/```yaml\n(.*?)```/gs)].map(([, example]) => example!)
    assert.equal(examples.length, 4)
    const config = load({ file: examples.join(''), files, environment })
    assert.equal(config.callers.length, 2)
    assert.equal(config.masterKeys.size, 2)
    assert.equal(config.buckets.size, 2)
    assert.equal(config.deliveryStreams.length, 1)
  })
})

test('policies know the operations of the service model', () => {
  assert.deepEqual([...OPERATIONS].sort(), [...operationNames].sort())
})

test('names of variables and flags come from the name in the file', () => {
  assert.equal(variableOf('s3.accessKeyId'), 'HYDRANT_S3_ACCESS_KEY_ID')
  assert.equal(flagOf('s3.accessKeyId'), 's3-access-key-id')
  const promised = `LISTEN DATA_DIR CONFIG S3_DIRECTORY S3_ENDPOINT S3_REGION S3_ACCESS_KEY_ID S3_SECRET_ACCESS_KEY REGION
    ACCOUNT_ID TLS_CERT TLS_KEY ACCESS_KEY_ID SECRET_ACCESS_KEY LOG_LEVEL RELAX_PATTERNS`
  const variables = new Set([...SETTINGS.keys()].map(variableOf))
  for (const name of promised.split(/\s+/)) assert(variables.has(`HYDRANT_${name}`), name)
})
