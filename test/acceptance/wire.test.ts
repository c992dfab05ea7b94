/** What SDKs cannot send: the front end's own answers, in AWS's order and shapes. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { FirehoseCalls, s3Destination } from '../support/firehose-call.ts'
import { HydrantProcess } from '../support/hydrant-process.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const JSON_TYPE = 'application/x-amz-json-1.1'

describe('on the wire', () => {
  let server: HydrantProcess
  let calls: FirehoseCalls

  before(async () => {
    server = await HydrantProcess.start()
    calls = new FirehoseCalls(server.url)
    await calls.call('CreateDeliveryStream', {
      DeliveryStreamName: 'wire',
      ExtendedS3DestinationConfiguration: s3Destination('wire'),
    })
  })

  after(async () => {
    calls?.close()
    await server?.remove()
  })

  it('answers compact JSON with the ids of the request', async () => {
    const records = JSON.stringify([{ Data: 'QQ==' }, { Data: 'Qg==' }])
    const { status, headers, text } = await calls.send(
      'PutRecordBatch',
      `{"DeliveryStreamName":"wire","Records":${records}}`,
    )
    assert.equal(status, 200)
    assert.equal(headers['content-type'], JSON_TYPE)
    assert.match(String(headers['x-amzn-requestid']), UUID)
    assert.match(String(headers['x-amz-id-2']), /^[A-Za-z0-9+/]{96}$/)
    assert(headers['date'] !== undefined)
    assert.match(
      text,
      /^\{"FailedPutCount":0,"Encrypted":false,"RequestResponses":\[\{"RecordId":"[^"]+"\},\{"RecordId":"[^"]+"\}\]\}$/,
    )
  })

  it('answers {} where there is nothing to say', async () => {
    const { text } = await calls.send(
      'TagDeliveryStream',
      '{"DeliveryStreamName":"wire","Tags":[{"Key":"a","Value":"b"}]}',
    )
    assert.equal(text, '{}')
  })

  it('answers errors with the bare name of their type', async () => {
    const { status, headers, text } = await calls.send(
      'DescribeDeliveryStream',
      '{"DeliveryStreamName":"nobody"}',
    )
    assert.equal(status, 400)
    assert.equal(headers['content-type'], JSON_TYPE)
    assert.equal(
      text,
      '{"__type":"ResourceNotFoundException","message":"Firehose nobody under account 000000000000 not found."}',
    )
  })

  for (const [what, operation, body, expected] of [
    ['an unknown operation', 'Nothing', '{}', '{"__type":"UnknownOperationException"}'],
    ['an empty body', 'PutRecord', '', '{"__type":"SerializationException"}'],
    ['an empty body for an unknown operation', 'Nothing', '', '{"__type":"UnknownOperationException"}'],
    ['a body that is no JSON', 'PutRecord', '{"DeliveryStreamName":', '{"__type":"SerializationException"}'],
    ['a body that is no object', 'PutRecord', '[]', '{"__type":"SerializationException"}'],
    [
      'a number for a string',
      'DescribeDeliveryStream',
      '{"DeliveryStreamName":1}',
      '{"__type":"SerializationException","Message":"class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String"}',
    ],
    [
      'data that is no base64',
      'PutRecord',
      '{"DeliveryStreamName":"wire","Record":{"Data":"QQ="}}',
      '{"__type":"SerializationException","Message":"\'QQ=\' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 3"}',
    ],
    [
      'two mistakes at once',
      'PutRecordBatch',
      '{"DeliveryStreamName":"not good","Records":[]}',
      '{"__type":"ValidationException","message":"2 validation errors detected: Value at \'deliveryStreamName\' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value at \'records\' failed to satisfy constraint: Member must have length greater than or equal to 1"}',
    ],
  ] as const) {
    it(`answers ${what} as AWS does`, async () => {
      const { status, text } = await calls.send(operation, body)
      assert.equal(status, 400)
      assert.equal(text, expected)
    })
  }

  it('ignores members that nobody knows', async () => {
    const { status } = await calls.send(
      'PutRecord',
      '{"Unknown":{"a":[1]},"DeliveryStreamName":"wire","Record":{"Data":"QQ==","More":null}}',
    )
    assert.equal(status, 200)
  })

  it('takes any path, and parameters behind the content type', async () => {
    const answer = await fetch(`${server.url}/any/path?x=y`, {
      method: 'POST',
      headers: {
        'Content-Type': `${JSON_TYPE}; charset=utf-8`,
        'X-Amz-Target': 'Firehose_20150804.ListDeliveryStreams',
      },
      body: '{}',
    })
    assert.equal(answer.status, 200)
  })

  it('answers other methods and content types with XML', async () => {
    const get = await fetch(server.url)
    assert.equal(get.status, 403)
    assert.equal(
      await get.text(),
      '<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n</AccessDeniedException>\n',
    )
    const text = await calls.send('PutRecord', 'x', { 'Content-Type': 'text/plain' })
    assert.equal(text.status, 404)
    assert.equal(text.text, '<UnknownOperationException/>\n')
  })

  it('lets browsers of other origins ask', async () => {
    const preflight = await fetch(server.url, {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://example.com',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'x-amz-target',
      },
    })
    assert.equal(preflight.status, 200)
    assert.equal(preflight.headers.get('access-control-allow-origin'), '*')
    assert.equal(preflight.headers.get('access-control-allow-headers'), 'x-amz-target')
    assert.equal(preflight.headers.get('access-control-max-age'), '172800')
  })

  it('refuses a body above 8 MiB before it has arrived', async () => {
    const { status } = await calls
      .send('PutRecord', Buffer.alloc(9 * 2 ** 20, 'x'))
      .catch((error: unknown) => {
        // The server closes while the client still sends: then the client may see the reset first.
        assert.match(String(error), /EPIPE|ECONNRESET/)
        return { status: 413 }
      })
    assert.equal(status, 413)
  })
})
