/** The same API through boto3 and the AWS CLI. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { HydrantProcess } from '../support/hydrant-process.ts'
import { pythonTools, requireService } from '../support/services.ts'
import { deliveredBytes } from './clients.ts'

const run = promisify(execFile)
const BOTO3_CLIENT = fileURLToPath(new URL('boto3_client.py', import.meta.url))
const BATCH = Array.from({ length: 500 }, (_, i) => `batch ${i}\n`).join('')

describe('other clients', () => {
  let server: HydrantProcess

  before(async () => {
    server = await HydrantProcess.start()
  })

  after(async () => {
    await server?.remove()
  })

  it('boto3 calls every operation and raises the exception of every error', async (t) => {
    const tools = await requireService(t, 'boto3', pythonTools)
    if (tools === undefined) return
    const { stdout } = await run(tools.python, [BOTO3_CLIENT, server.url, 'python'])
    const said = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { what: string; value: unknown })
    assert.deepEqual(Object.fromEntries(said.map(({ what, value }) => [what, value])), {
      arn: 'arn:aws:firehose:us-east-1:000000000000:deliverystream/python-boto3',
      taken: 'ResourceInUseException',
      status: 'ACTIVE',
      created: new Date().getUTCFullYear(),
      listed: true,
      failed: 0,
      ids: 501,
      stale: 'ConcurrentModificationException',
      tags: [{ Key: 'stage', Value: 'test' }],
      encrypted: true,
      'no key': 'InvalidKMSResourceException',
      invalid: 'ValidationException',
      'too much': 'InvalidArgumentException',
      unknown: 'ResourceNotFoundException',
    })
    const expected = `one\n${BATCH}two\n`
    const delivered = (await deliveredBytes(server.bucketsPath, 'python-boto3', expected.length)).toString()
    assert.deepEqual(delivered.split('\n').sort(), expected.split('\n').sort())
  })

  it('the AWS CLI creates, puts, describes, lists and deletes, and ends with the error of the server', async (t) => {
    const tools = await requireService(t, 'AWS CLI', pythonTools)
    if (tools === undefined) return
    const aws = async (...args: string[]) => {
      const { stdout } = await run(tools.aws, ['firehose', '--output', 'json', ...args], {
        env: {
          ...process.env,
          AWS_ENDPOINT_URL_FIREHOSE: server.url,
          AWS_ACCESS_KEY_ID: 'any',
          AWS_SECRET_ACCESS_KEY: 'any',
          AWS_DEFAULT_REGION: 'us-east-1',
          AWS_MAX_ATTEMPTS: '1',
        },
      })
      return stdout === '' ? undefined : JSON.parse(stdout)
    }
    const stream = ['--delivery-stream-name', 'from-cli']
    const settings = JSON.stringify({
      RoleARN: 'arn:aws:iam::000000000000:role/hydrant',
      BucketARN: 'arn:aws:s3:::from-cli',
      BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 },
      Prefix: 'day=!{timestamp:yyyy-MM-dd}/',
      ErrorOutputPrefix: 'failed/!{firehose:error-output-type}/',
      CompressionFormat: 'GZIP',
    })
    const created = await aws(
      'create-delivery-stream',
      ...stream,
      '--extended-s3-destination-configuration',
      settings,
    )
    assert.equal(created.DeliveryStreamARN, 'arn:aws:firehose:us-east-1:000000000000:deliverystream/from-cli')
    const put = await aws('put-record', ...stream, '--record', 'Data=hello from the command line')
    assert.equal(put.Encrypted, false)
    const described = await aws('describe-delivery-stream', ...stream)
    assert.equal(described.DeliveryStreamDescription.DeliveryStreamStatus, 'ACTIVE')
    const listed = await aws('list-delivery-streams', '--limit', '100')
    assert(listed.DeliveryStreamNames.includes('from-cli'))
    assert.match(
      (await deliveredBytes(server.bucketsPath, 'from-cli', 20)).toString(),
      /hello from the command line/,
    )
    await aws('delete-delivery-stream', ...stream)
    await assert.rejects(
      aws('put-record', '--delivery-stream-name', 'nobody', '--record', 'Data=x'),
      /\(ResourceNotFoundException\).*Firehose nobody under account 000000000000 not found\./s,
    )
  })
})
