import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PutScanner } from './put-scanner.ts'

const scanner = new PutScanner()

/** What the scanner says of a body, decoded as the put path does it; undefined when it gives up. */
function scan(text: string, isBatch: boolean): { name: string; records: string[] } | undefined {
  const body = Buffer.from(text, 'utf8')
  if (!scanner.scan(body, isBatch)) return undefined
  const records: string[] = []
  for (let i = 0; i < scanner.recordCount; i++) {
    const length = scanner.lengths[i]!
    const record = Buffer.alloc(length + 3)
    const written = record.base64Write(body.latin1Slice(scanner.starts[i]!, scanner.ends[i]!), 0, length)
    if (written !== length) return undefined
    records.push(record.toString('hex', 0, length))
  }
  return { name: scanner.streamName, records }
}

/** What JSON.parse says; undefined when it is no such put or a blob is not canonical base64. */
function parse(text: string, isBatch: boolean): { name: string; records: string[] } | undefined {
  try {
    const value = JSON.parse(text) as {
      DeliveryStreamName: string
      Records: { Data: string }[]
      Record: { Data: string }
    }
    const list = isBatch ? value.Records : [value.Record]
    const records = list.map(({ Data }) => {
      const bytes = Buffer.from(Data, 'base64')
      if (bytes.toString('base64') !== Data) throw new Error('not canonical')
      return bytes.toString('hex')
    })
    return { name: value.DeliveryStreamName, records }
  } catch {
    return undefined
  }
}

const space = fc.stringMatching(/^[ \n\t\r]{0,2}$/)
const name = fc.stringMatching(/^[a-zA-Z0-9_.-]{1,64}$/)
const data = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64'))

/** Bodies as clients may write them: members in any order, white space anywhere. */
const bodies = fc
  .record({
    isBatch: fc.boolean(),
    name,
    records: fc.array(data, { minLength: 1, maxLength: 6 }),
    spaces: fc.array(space, { minLength: 8, maxLength: 8 }),
    recordsFirst: fc.boolean(),
  })
  .map(({ isBatch, name: streamName, records, spaces, recordsFirst }) => {
    const [a, b, c, d, e, f, g, h] = spaces
    const record = (text: string) => `{${a}"Data"${b}:${c}"${text}"${d}}`
    const first = `"DeliveryStreamName"${e}:${f}"${streamName}"`
    const second = isBatch
      ? `"Records":${g}[${a}${records.map(record).join(`${h},${b}`)}${c}]`
      : `"Record":${g}${record(records[0]!)}`
    const members = recordsFirst ? [second, first] : [first, second]
    return { isBatch, text: `${h}{${g}${members.join(`${f},${e}`)}${d}}${c}` }
  })

test('finds what JSON.parse finds, in every spelling of clients', () => {
  fc.assert(
    fc.property(bodies, ({ text, isBatch }) => {
      const scanned = scan(text, isBatch)
      assert.notEqual(scanned, undefined)
      assert.deepEqual(scanned, parse(text, isBatch))
    }),
    { numRuns: 500 },
  )
})

test('gives up or agrees with JSON.parse on whatever is changed', () => {
  const edits = fc.array(
    fc.record({
      at: fc.nat(),
      remove: fc.nat({ max: 3 }),
      insert: fc.stringMatching(/^["\\{}[\],: =a-zA-Z0-9+/_-]{0,3}$/),
    }),
    { minLength: 1, maxLength: 3 },
  )
  fc.assert(
    fc.property(bodies, edits, ({ text, isBatch }, list) => {
      let changed = text
      for (const { at, remove, insert } of list) {
        const position = at % (changed.length + 1)
        changed = changed.slice(0, position) + insert + changed.slice(position + remove)
      }
      const scanned = scan(changed, isBatch)
      if (scanned !== undefined) assert.deepEqual(scanned, parse(changed, isBatch))
    }),
    { numRuns: 3000 },
  )
})

test('gives up on what needs the slow path', () => {
  const given = [
    '',
    '{}',
    '[]',
    '{"DeliveryStreamName":"s","Records":[]}',
    '{"DeliveryStreamName":"s","Records":[{"Data":"YQ=="}],"More":1}',
    '{"DeliveryStreamName":"s","DeliveryStreamName":"t","Records":[{"Data":"YQ=="}]}',
    '{"DeliveryStreamName":"s","Records":[{"Data":"YWJj\\/"}]}',
    '{"DeliveryStreamName":"s","Records":[{"Data":"YR=="}]}',
    '{"DeliveryStreamName":"s","Records":[{"Data":"Y-_="}]}',
    '{"DeliveryStreamName":"s","Records":[{"Data":null}]}',
    '{"DeliveryStreamName":"s","Records":[{"Data":"YQ=="},]}',
    '{"DeliveryStreamName":"s","Records":[{"Data":"YQ=="}]} x',
    `{"DeliveryStreamName":"${'x'.repeat(65)}","Records":[{"Data":"YQ=="}]}`,
  ]
  for (const text of given) assert.equal(scanner.scan(Buffer.from(text), true), false, text)
})

test('takes 500 records, and leaves 501 to the model', () => {
  const body = (count: number) => {
    const records = Array.from({ length: count }, () => '{"Data":"YQ=="}').join()
    return Buffer.from(`{"DeliveryStreamName":"s","Records":[${records}]}`)
  }
  assert.equal(scanner.scan(body(500), true), true)
  assert.equal(scanner.dataBytes, 500)
  assert.equal(scanner.scan(body(501), true), false)
})
