import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from '../config/testing.ts'
import { firstSteps } from './first-steps.ts'
import { explainListenError } from './listen-error.ts'

const URL = 'http://127.0.0.1:4573'

test('three lines to paste, with credentials that any server without callers takes', () => {
  const [create, put, list] = firstSteps(load({ flags: { 'data-dir': '/data' } }), URL)
  const aws =
    'AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any aws --endpoint-url http://127.0.0.1:4573 --region us-east-1'
  assert(create!.startsWith(`${aws} firehose create-delivery-stream --delivery-stream-name hello `), create)
  // In quotes: a shell would expand the braces.
  assert.match(
    create!,
    /'RoleARN=\S+,BucketARN=arn:aws:s3:::hello,BufferingHints=\{SizeInMBs=1,IntervalInSeconds=0\}'$/,
  )
  assert.match(put!, /Data=SGVsbG8gZnJvbSBIeWRyYW50Cg==$/)
  assert.equal(list, 'find /data/s3/hello -type f')
})

test('paths that a shell would split are quoted', () => {
  const [, , list] = firstSteps(load({ flags: { 's3-directory': "/it's here" } }), URL)
  assert.equal(list, String.raw`find '/it'\''s here/hello' -type f`)
})

test('callers bring their own credentials, and endpoints their own listing', () => {
  const environment = {
    HYDRANT_ACCESS_KEY_ID: 'me',
    HYDRANT_SECRET_ACCESS_KEY: 'hush',
    HYDRANT_S3_ENDPOINT: 'http://127.0.0.1:9000',
  }
  const lines = firstSteps(load({ environment }), URL)
  assert(lines.every((line) => line.startsWith('aws ') && !line.includes('hush')))
  assert.equal(
    lines[2],
    'aws s3 ls --recursive s3://hello/ --region us-east-1 --endpoint-url http://127.0.0.1:9000',
  )
})

test('a server with its own certificate is trusted by it', () => {
  const files = { '/cert.pem': '', '/key.pem': '' }
  const flags = { 'tls-cert': '/cert.pem', 'tls-key': '/key.pem' }
  assert.match(
    firstSteps(load({ flags, files }), 'https://localhost:4573')[0]!,
    /--ca-bundle \/cert\.pem firehose/,
  )
})

test('a server on all interfaces is reached on loopback', () => {
  const config = load({ environment: { HYDRANT_ACCESS_KEY_ID: 'me', HYDRANT_SECRET_ACCESS_KEY: 'hush' } })
  for (const url of ['http://[::]:4573', 'http://0.0.0.0:4573']) {
    assert.match(firstSteps(config, url)[0]!, /--endpoint-url http:\/\/127\.0\.0\.1:4573 /)
  }
})

test('what keeps the server from listening is told with a way out', () => {
  const failure = (code: string) =>
    explainListenError(Object.assign(new Error(code), { code }), { host: '127.0.0.1', port: 4573 })
  assert.equal(failure('EADDRINUSE')?.exitCode, 69)
  assert.match(failure('EADDRINUSE')!.message, /^Port 4573 .* taken .* 127\.0\.0\.1:4574\.$/)
  assert.equal(failure('EADDRNOTAVAIL')?.exitCode, 69)
  assert.equal(failure('EACCES')?.exitCode, 77)
  assert.equal(failure('EIO'), undefined)
})
