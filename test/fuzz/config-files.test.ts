/** Configuration files that are damaged: each is taken, or refused with what to mend; in this process, for their number. */

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { load } from '../../src/config/testing.ts'
import { OperatorError } from '../../src/errors.ts'
import { fuzz } from './fuzzing.ts'
import { mutateBytes, mutateText } from './mutation.ts'

const VALID = `listen: 127.0.0.1:4573
dataDir: /tmp/data
region: eu-central-1
log: { quota: 10 GiB, segmentSize: 64 MiB }
memory: { budget: 256 MB }
delivery: { workers: 2, gzipLevel: 6, grace: 10 s }
quotas: { recordsPerSecond: 1000 }
s3:
  endpoint: https://s3.example.com
  accessKeyId: id
  secretAccessKey: secret
buckets:
  archive: { endpoint: aws, region: eu-west-1 }
callers:
  - accessKeyId: web
    secretAccessKey: web-secret
    policy:
      - { effect: Allow, actions: [firehose:PutRecord], resources: 'arn:aws:firehose:*:*:deliverystream/*' }
masterKeys:
  arn:aws:kms:us-east-1:000000000000:key/a: ${Buffer.alloc(32).toString('base64')}
deliveryStreams:
  - DeliveryStreamName: orders
    ExtendedS3DestinationConfiguration:
      RoleARN: arn:aws:iam::000000000000:role/hydrant
      BucketARN: arn:aws:s3:::lake
      Prefix: 'y=!{timestamp:yyyy}/'
      ErrorOutputPrefix: 'e/!{firehose:error-output-type}/'
`

it('the file that is damaged below is good', () => {
  assert.equal(load({ file: VALID }).deliveryStreams.length, 1)
})

it('takes a damaged file or says what to mend', async () => {
  await fuzz('configFiles', (chance, note) => {
    const file =
      chance.fraction() < 0.7
        ? mutateText(chance, mutateText(chance, VALID))
        : mutateBytes(chance, Buffer.from(VALID)).toString('latin1')
    note(file)
    try {
      load({ file })
    } catch (error) {
      assert(error instanceof OperatorError, String(error))
      assert.notEqual(error.message, '')
      assert.doesNotMatch(error.message, /web-secret/)
    }
  })
})
