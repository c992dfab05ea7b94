/** Damaged signatures in front of a server that verifies them: none gets in. */

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { FirehoseCalls } from '../support/firehose-call.ts'
import { HydrantProcess } from '../support/hydrant-process.ts'
import { RequestSigner } from '../support/request-signer.ts'
import type { SeededChance } from '../support/seeded-chance.ts'
import { assertAwsShaped } from './answer-shape.ts'
import { assertUnharmed, fuzz } from './fuzzing.ts'
import { mutateText } from './mutation.ts'

const CREDENTIALS = { accessKeyId: 'fuzzer', secretAccessKey: 'fuzzer-secret' }
const BODY = Buffer.from('{"Limit":1}')

let server: HydrantProcess
let calls: FirehoseCalls
let signed: Readonly<Record<string, string>>

before(async () => {
  server = await HydrantProcess.start({
    settings: { ACCESS_KEY_ID: CREDENTIALS.accessKeyId, SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey },
  })
  calls = new FirehoseCalls(server.url)
  const head = new RequestSigner(CREDENTIALS, new URL(server.url).host).head('ListDeliveryStreams', [BODY])
  signed = headersOf(head.toString())
})

after(async () => {
  calls?.close()
  await server?.remove()
})

function headersOf(head: string): Readonly<Record<string, string>> {
  // The client counts the body itself: a damaged one has another length.
  const lines = head
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .filter((line) => !line.startsWith('content-length'))
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
}

it('takes the signature as it was made', async () => {
  const { status, text } = await calls.send('ListDeliveryStreams', BODY, signed)
  assert.equal(status, 200, text)
})

it('ignores nothing behind the last digit', async () => {
  const headers = { ...signed, authorization: `${signed['authorization']}0` }
  const { status, text } = await calls.send('ListDeliveryStreams', BODY, headers)
  assert.equal(status, 400)
  assert.equal(JSON.parse(text).__type, 'InvalidSignatureException')
})

it('takes no damaged one', async () => {
  await fuzz('signatures', async (chance, note) => {
    const { headers, body } = damage(chance)
    note({ headers, body: body.toString() })
    const answer = await calls.send('ListDeliveryStreams', body, headers)
    assertAwsShaped(answer)
    const isSame = body.equals(BODY) && Object.keys(signed).every((name) => meansTheSame(name, headers))
    if (!isSame) assert.equal(answer.status, 400)
  })
  await assertUnharmed(server)
})

/** Authorization by its three parts: spaces, and parts that nobody knows, mean nothing to the signature. */
function meansTheSame(name: string, headers: Readonly<Record<string, string>>): boolean {
  // The client of this test fills in a target that is missing.
  const value = headers[name] ?? (name === 'x-amz-target' ? signed[name] : undefined)
  if (name !== 'authorization' || value === undefined) return value === signed[name]
  const given = partsOf(value)
  return partsOf(signed[name]!).every((part) => given.includes(part))
}

function partsOf(authorization: string): readonly string[] {
  const [algorithm = '', ...rest] = authorization.trim().split(/\s+/)
  return [algorithm, ...rest.join('').split(',')]
}

/** Changes one signed thing: the Authorization header, the date, the hash, the target, or the body. */
function damage(chance: SeededChance): { readonly headers: Record<string, string>; readonly body: Buffer } {
  const headers = { ...signed }
  const roll = chance.fraction()
  if (roll < 0.2) return { headers, body: Buffer.from(mutateText(chance, BODY.toString())) }
  const name =
    roll < 0.8 ? 'authorization' : chance.pick(['x-amz-date', 'x-amz-content-sha256', 'x-amz-target'])
  const value = signed[name]!
  const mutated = printable(chance.fraction() < 0.5 ? swapPart(chance, value) : mutateText(chance, value))
  // SigV4 itself takes runs of spaces for one: such a change is none.
  if (mutated.replace(/\s+/g, ' ').trim() === value) return { headers, body: BODY }
  if (mutated === '' || chance.fraction() < 0.05) delete headers[name]
  else headers[name] = mutated
  return { headers, body: BODY }
}

/** Exchanges two parts of a header: what parsers take apart by position. */
function swapPart(chance: SeededChance, value: string): string {
  const parts = value.split(/([ ,;/=])/)
  const at = chance.whole(0, parts.length - 1)
  const other = chance.whole(0, parts.length - 1)
  return parts.map((part, i) => (i === at ? parts[other] : i === other ? parts[at] : part)).join('')
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '').slice(0, 8000)
}
