/** Who may call: TLS, credentials, signatures, policies. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  CreateDeliveryStreamCommand,
  DeleteDeliveryStreamCommand,
  type FirehoseClient,
  ListDeliveryStreamsCommand,
  PutRecordCommand,
} from '@aws-sdk/client-firehose'
import { FirehoseCalls } from '../support/firehose-call.ts'
import { HydrantProcess } from '../support/hydrant-process.ts'
import { createStream, destination, newClient } from './clients.ts'

const ADMIN = { accessKeyId: 'admin', secretAccessKey: 'admin-secret' }
const PRODUCER = { accessKeyId: 'producer', secretAccessKey: 'producer-secret' }
const SESSION = { accessKeyId: 'session', secretAccessKey: 'session-secret', sessionToken: 'session-token' }
const EXPIRED = { accessKeyId: 'expired', secretAccessKey: 'expired-secret' }

const CALLERS = `
callers:
  - { accessKeyId: admin, secretAccessKey: admin-secret }
  - accessKeyId: producer
    secretAccessKey: producer-secret
    arn: arn:aws:iam::000000000000:user/producer
    policy:
      - { effect: Allow, actions: 'firehose:PutRecord*', resources: 'arn:aws:firehose:*:*:deliverystream/shop-*' }
      - { effect: Deny, actions: 'firehose:*', resources: 'arn:aws:firehose:*:*:deliverystream/shop-secret' }
  - { accessKeyId: session, secretAccessKey: session-secret, sessionToken: session-token }
  - { accessKeyId: expired, secretAccessKey: expired-secret, expires: '2020-01-01T00:00:00Z' }
`

const Record = { Data: Buffer.from('x') }

describe('with callers', () => {
  let server: HydrantProcess
  let folder: string
  const clients: FirehoseClient[] = []

  const clientOf = (credentials: typeof ADMIN | typeof SESSION, config: object = {}) => {
    const client = newClient(server.url, { credentials, ...config })
    clients.push(client)
    return client
  }
  const list = (client: FirehoseClient) => client.send(new ListDeliveryStreamsCommand({}))

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hydrant-access-'))
    writeFileSync(join(folder, 'hydrant.yaml'), CALLERS)
    server = await HydrantProcess.start({ settings: { CONFIG: join(folder, 'hydrant.yaml') } })
    for (const name of ['shop-orders', 'shop-secret', 'other']) await createStream(clientOf(ADMIN), name)
  })

  after(async () => {
    for (const client of clients) client.destroy()
    await server?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  it('takes good signatures, session tokens included', async () => {
    await list(clientOf(ADMIN))
    await list(clientOf(SESSION))
  })

  for (const [what, credentials, error] of [
    ['an unknown access key', { ...ADMIN, accessKeyId: 'nobody' }, 'UnrecognizedClientException'],
    ['a wrong secret', { ...ADMIN, secretAccessKey: 'wrong' }, 'InvalidSignatureException'],
    ['a wrong session token', { ...SESSION, sessionToken: 'wrong' }, 'UnrecognizedClientException'],
    ['credentials that expired', EXPIRED, 'ExpiredTokenException'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(list(clientOf(credentials)), { name: error })
    })
  }

  it('refuses a clock that is wrong, so that the SDK can mend it', async () => {
    const late = clientOf(ADMIN, { systemClockOffset: -10 * 60_000 })
    await assert.rejects(list(late), (error: Error) => {
      assert.equal(error.name, 'InvalidSignatureException')
      assert.match(error.message, /^Signature expired: /)
      return true
    })
    await list(clientOf(ADMIN, { systemClockOffset: -10 * 60_000, maxAttempts: 2 }))
  })

  it('refuses another region', async () => {
    await assert.rejects(list(clientOf(ADMIN, { region: 'eu-west-1' })), {
      name: 'InvalidSignatureException',
      message: 'Credential should be scoped to a valid region.',
    })
  })

  it('refuses requests without a signature', async () => {
    const calls = new FirehoseCalls(server.url)
    const { status, text } = await calls.send('ListDeliveryStreams', '{}')
    calls.close()
    assert.equal(status, 400)
    assert.deepEqual(JSON.parse(text), {
      __type: 'MissingAuthenticationTokenException',
      message: 'Missing Authentication Token',
    })
  })

  it('follows policies: allowed by one statement, denied by none', async () => {
    const producer = clientOf(PRODUCER)
    const put = (DeliveryStreamName: string) =>
      producer.send(new PutRecordCommand({ DeliveryStreamName, Record }))
    await put('shop-orders')
    for (const name of ['shop-secret', 'other', 'shop']) {
      await assert.rejects(put(name), (error: Error) => {
        assert.equal(error.name, 'AccessDeniedException')
        assert.match(
          error.message,
          new RegExp(
            `^User: arn:aws:iam::000000000000:user/producer is not authorized to perform: firehose:PutRecord on resource: arn:aws:firehose:us-east-1:000000000000:deliverystream/${name}`,
          ),
        )
        return true
      })
    }
    await assert.rejects(
      producer.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: 'shop-orders' })),
      { name: 'AccessDeniedException' },
    )
    await assert.rejects(list(producer), { name: 'AccessDeniedException' })
    await assert.rejects(
      producer.send(
        new CreateDeliveryStreamCommand({
          DeliveryStreamName: 'shop-new',
          ExtendedS3DestinationConfiguration: destination('shop-new'),
        }),
      ),
      { name: 'AccessDeniedException' },
    )
  })

  it('shows health and metrics to everybody, and secrets to nobody', async () => {
    for (const path of ['/health', '/metrics']) {
      const answer = await fetch(`${server.url}${path}`)
      assert.equal(answer.status, 200)
      assert.doesNotMatch(await answer.text(), /secret"|-secret$/m)
    }
    assert.doesNotMatch(JSON.stringify(server.log), /admin-secret|producer-secret|session-token/)
  })
})

describe('over TLS', () => {
  let server: HydrantProcess
  let folder: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hydrant-tls-'))
    const [TLS_CERT, TLS_KEY] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
        .concat(['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'])
        .concat(['-keyout', TLS_KEY, '-out', TLS_CERT]),
      { stdio: 'ignore' },
    )
    server = await HydrantProcess.start({ settings: { TLS_CERT, TLS_KEY } })
  })

  after(async () => {
    await server?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  it('serves clients that trust its certificate, and no others', async () => {
    const trusting = newClient(server.url, {
      requestHandler: { httpsAgent: new Agent({ ca: readFileSync(join(folder, 'cert.pem')) }) },
    })
    await createStream(trusting, 'private')
    await trusting.send(new PutRecordCommand({ DeliveryStreamName: 'private', Record }))
    trusting.destroy()
    const other = newClient(server.url)
    await assert.rejects(other.send(new ListDeliveryStreamsCommand({})), /self-signed certificate/)
    other.destroy()
  })

  it('does not answer plain HTTP', async () => {
    await assert.rejects(fetch(server.url.replace('https:', 'http:')))
  })
})

it('listens elsewhere than on loopback only with callers', async () => {
  await assert.rejects(HydrantProcess.start({ settings: { LISTEN: '0.0.0.0:0' } }), /callers/)
})
