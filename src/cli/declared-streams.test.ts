import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from '../config/testing.ts'
import { checkDeclaredStreams } from './declared-streams.ts'

const check = (file: string) => checkDeclaredStreams(load({ file }))

const STREAM = `
deliveryStreams:
  - DeliveryStreamName: orders
    ExtendedS3DestinationConfiguration:
      RoleARN: arn:aws:iam::000000000000:role/hydrant
      BucketARN: arn:aws:s3:::lake
`

test('streams that CreateDeliveryStream takes are fine', () => {
  check(STREAM)
  check('deliveryStreams: []')
})

test('a misspelt member is told with its place and the nearest name', () => {
  assert.throws(() => check(`${STREAM}      Prefx: logs/\n`), {
    message:
      'hydrant.yaml:7:7: unknown setting "ExtendedS3DestinationConfiguration.Prefx"; did you mean "Prefix"?',
  })
  assert.throws(() => check(`${STREAM}    Tags:\n      - { Key: team, Valeu: data }\n`), {
    message: 'hydrant.yaml:8:22: unknown setting "Tags.0.Valeu"; did you mean "Value"?',
  })
})

test('what the API would refuse is told with the line of the stream', () => {
  assert.throws(
    () => check(`${STREAM}      CompressionFormat: LZ4\n  - DeliveryStreamName: "no spaces"\n`),
    (error: Error) => {
      const [first, second] = error.message.split('\n')
      assert.match(first!, /^hydrant\.yaml:3:5: 1 validation error detected: .*compressionFormat/)
      assert.match(second!, /^hydrant\.yaml:8:5: .*deliveryStreamName/)
      return true
    },
  )
})
