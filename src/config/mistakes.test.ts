import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { problemsOf, type TestSources } from './testing.ts'

describe('mistakes are told with their place and what to do', () => {
  const cases: readonly (readonly [name: string, given: TestSources, problem: string])[] = [
    [
      'a misspelt key',
      { file: 'regoin: eu-west-1' },
      'hydrant.yaml:1:1: unknown setting "regoin"; did you mean "region"?',
    ],
    [
      'a misspelt key in a block',
      { file: 's3:\n  endpont: http://x' },
      'hydrant.yaml:2:3: unknown setting "s3.endpont"; did you mean "endpoint"?',
    ],
    [
      'a key that belongs elsewhere',
      { file: 'budget: 1 GB' },
      'hydrant.yaml:1:1: unknown setting "budget"; did you mean "memory.budget"?',
    ],
    [
      'a key unlike any other',
      { file: 'memory:\n  zzzzzzzzz: 1' },
      'hydrant.yaml:2:3: unknown setting "memory.zzzzzzzzz"; known here: budget',
    ],
    [
      'a list for a value',
      { file: 'region: [a]' },
      'hydrant.yaml:1:9: region must be a single value, not a list',
    ],
    [
      'a value for a block',
      { file: 's3: here' },
      'hydrant.yaml:1:5: s3 must be a block of settings, not a single value',
    ],
    ['no value', { file: 'region:' }, 'hydrant.yaml:1:8: region must be a single value, not nothing'],
    [
      'the same key twice',
      { file: 'region: a\nregion: b' },
      'hydrant.yaml:2:1: "region" stands here twice: first at hydrant.yaml:1:1',
    ],
    [
      'the file named in itself',
      { file: 'config: x' },
      'hydrant.yaml:1:1: config is set with --config or HYDRANT_CONFIG, not in the file',
    ],
    [
      'a list as the file',
      { file: '- a' },
      'hydrant.yaml:1:1: must hold settings, one `name: value` a line, not a list',
    ],
    [
      'a bare prefix expression',
      { file: 'deliveryStreams:\n  - Prefix: !{timestamp:yyyy}/' },
      'hydrant.yaml:2:14: tags and anchors must be separated from the next token by white space; ' +
        'a value that starts with "!" needs quotes, such as "!{timestamp:yyyy}/"',
    ],
    [
      'a size without sense',
      { environment: { HYDRANT_LOG_QUOTA: 'lots' } },
      'HYDRANT_LOG_QUOTA: log.quota must be a size such as 64 MiB, 5 MB or a number of bytes',
    ],
    [
      'a size out of bounds',
      { flags: { 'memory-budget': '1 MB' } },
      '--memory-budget: memory.budget must be from 32 MiB to 1 TiB',
    ],
    [
      'a number out of bounds',
      { file: 'delivery:\n  gzipLevel: 10' },
      'hydrant.yaml:2:14: delivery.gzipLevel must be a whole number from 1 to 9',
    ],
    [
      'an unknown choice',
      { environment: { HYDRANT_LOG_LEVEL: 'loud' } },
      'HYDRANT_LOG_LEVEL: logLevel must be one of debug, info, warn, error, silent',
    ],
    [
      'neither true nor false',
      { file: 'relaxPatterns: yes' },
      'hydrant.yaml:1:16: relaxPatterns must be true or false',
    ],
    [
      'an address without a port',
      { flags: { listen: 'localhost' } },
      '--listen: listen must be host:port, such as 127.0.0.1:4573, [::1]:4573 or :4573',
    ],
    [
      'an account id of other length',
      { environment: { HYDRANT_ACCOUNT_ID: '42' } },
      'HYDRANT_ACCOUNT_ID: accountId must be an account id of 12 digits',
    ],
    [
      'a misspelt variable',
      { environment: { HYDRANT_LISTN: ':1' } },
      'HYDRANT_LISTN: is not a setting; did you mean "HYDRANT_LISTEN"?',
    ],
    [
      'an open door',
      { environment: { HYDRANT_LISTEN: '0.0.0.0:4573' } },
      'HYDRANT_LISTEN: anybody who reaches this address could read and write: set HYDRANT_ACCESS_KEY_ID and ' +
        'HYDRANT_SECRET_ACCESS_KEY (or callers in the file), or listen on 127.0.0.1',
    ],
    [
      'half a caller',
      { environment: { HYDRANT_ACCESS_KEY_ID: 'me' } },
      'HYDRANT_ACCESS_KEY_ID: accessKeyId needs secretAccessKey (HYDRANT_SECRET_ACCESS_KEY) beside it',
    ],
    [
      'the other half',
      { environment: { HYDRANT_SECRET_ACCESS_KEY: 's' } },
      'HYDRANT_SECRET_ACCESS_KEY: secretAccessKey needs accessKeyId (HYDRANT_ACCESS_KEY_ID) beside it',
    ],
    [
      'two places for objects',
      { environment: { HYDRANT_S3_DIRECTORY: '/x', HYDRANT_S3_ENDPOINT: 'http://y' } },
      'HYDRANT_S3_ENDPOINT: directory (HYDRANT_S3_DIRECTORY) and endpoint cannot both be set: remove one',
    ],
    [
      'credentials without an endpoint',
      { environment: { HYDRANT_S3_REGION: 'x' } },
      'HYDRANT_S3_REGION: region belongs to an endpoint, which is not set',
    ],
    [
      'a directory switch with an endpoint',
      { environment: { HYDRANT_S3_ENDPOINT: 'aws', HYDRANT_S3_CREATE_BUCKETS: 'true' } },
      'HYDRANT_S3_CREATE_BUCKETS: createBuckets belongs to a directory, but an endpoint is set',
    ],
    [
      'an endpoint that is no URL',
      { environment: { HYDRANT_S3_ENDPOINT: 'minio:9000' } },
      'HYDRANT_S3_ENDPOINT: endpoint must be a URL such as http://127.0.0.1:9000, or aws',
    ],
    [
      'half of the S3 credentials',
      { environment: { HYDRANT_S3_ENDPOINT: 'http://y', HYDRANT_S3_ACCESS_KEY_ID: 'k' } },
      'HYDRANT_S3_ACCESS_KEY_ID: accessKeyId needs secretAccessKey beside it',
    ],
    [
      'half of TLS',
      { environment: { HYDRANT_TLS_CERT: '/c' }, files: { '/c': 'x' } },
      'HYDRANT_TLS_CERT: tls.cert and tls.key must be set together',
    ],
    [
      'segments larger than the log',
      { environment: { HYDRANT_LOG_SHARED_SIZE: '64 MiB' } },
      'HYDRANT_LOG_SHARED_SIZE: log.sharedSize must be at least twice log.segmentSize',
    ],
    [
      'a caller without a secret',
      { file: 'callers:\n  - accessKeyId: a' },
      'hydrant.yaml:2:5: the caller needs secretAccessKey',
    ],
    [
      'the same caller twice',
      {
        file: 'callers:\n  - { accessKeyId: a, secretAccessKey: b }\n  - { accessKeyId: a, secretAccessKey: c }',
      },
      'hydrant.yaml:3:5: another caller has the same accessKeyId',
    ],
    [
      'a misspelt action',
      { file: policy('effect: Deny, actions: firehose:PutRecrd, resources: "*"') },
      'hydrant.yaml:5:34: no operation is called "PutRecrd"; did you mean "PutRecord"?',
    ],
    [
      'a statement without effect',
      { file: policy('actions: "*", resources: "*"') },
      'hydrant.yaml:5:9: the statement needs an effect: Allow or Deny',
    ],
    [
      'no resources',
      { file: policy('effect: Allow, actions: "*", resources: []') },
      'hydrant.yaml:5:51: resources must be one or more patterns, not a list',
    ],
    [
      'a short master key',
      { file: 'masterKeys:\n  arn:aws:kms:us-east-1:1:key/a: abcd' },
      'hydrant.yaml:2:34: a master key must be 32 bytes as base64 or hex',
    ],
    [
      'a key for something else',
      { file: `masterKeys:\n  main: ${'ab'.repeat(32)}` },
      'hydrant.yaml:2:3: the name of a master key must be a KMS key ARN, such as arn:aws:kms:us-east-1:000000000000:key/main',
    ],
    [
      'a bucket without a place',
      { file: 'buckets:\n  a: {}' },
      'hydrant.yaml:2:3: needs a directory or an endpoint',
    ],
    [
      'a stream without a name',
      { file: 'deliveryStreams:\n  - {}' },
      'hydrant.yaml:2:5: the delivery stream needs a DeliveryStreamName (text)',
    ],
    [
      'a stream declared twice',
      { file: 'deliveryStreams:\n  - DeliveryStreamName: a\n  - DeliveryStreamName: a' },
      'hydrant.yaml:3:25: "a" is declared twice: first at hydrant.yaml:2:25',
    ],
  ]
  for (const [name, given, problem] of cases) {
    test(name, () => assert.deepEqual(problemsOf(given), [problem]))
  }

  test('callers that cannot be read are not also called missing', () => {
    const file = 'listen: 0.0.0.0:1\ncallers:\n  - accessKeyId: a\n'
    assert.deepEqual(problemsOf({ file }), ['hydrant.yaml:3:5: the caller needs secretAccessKey'])
    assert.equal(problemsOf({ file: 'listen: 0.0.0.0:1\ncallers: []' }).length, 1)
  })

  test('all at once', () => {
    const problems = problemsOf({
      file: 'regoin: x\nlisten: nowhere\n',
      environment: { HYDRANT_LOG_LEVEL: 'loud', HYDRANT_FOO: '1' },
      flags: { 'delivery-workers': '0' },
    })
    const places = problems.map((line) => line.split(': ')[0]).sort()
    assert.deepEqual(places, [
      '--delivery-workers',
      'HYDRANT_FOO',
      'HYDRANT_LOG_LEVEL',
      'hydrant.yaml:1:1',
      'hydrant.yaml:2:9',
    ])
  })

  test('without showing a secret', () => {
    const problems = problemsOf({
      environment: { HYDRANT_SECRET_ACCESS_KEY: 'two words', HYDRANT_ACCESS_KEY_ID: 'a' },
    })
    assert.doesNotMatch(problems.join('\n'), /two|words/)
  })
})

function policy(statement: string): string {
  return `callers:\n  - accessKeyId: a\n    secretAccessKey: b\n    policy:\n      - { ${statement} }\n`
}
