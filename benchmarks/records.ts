/** Log-like JSON records, the same for the same seed; gzip packs them to about a fifth. */

import { SeededChance } from '../test/support/seeded-chance.ts'

const METHODS = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE']
const PATHS = [
  '/',
  '/orders',
  '/orders/search',
  '/basket',
  '/products/list',
  '/login',
  '/api/v2/items',
  '/health',
]
const STATUSES = [200, 200, 200, 200, 204, 301, 304, 400, 404, 500]
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148',
  'aws-sdk-js/3.600.0 ua/2.0 os/linux#6.1 lang/js md/nodejs#20.11',
]
const MESSAGES = [
  'request completed',
  'upstream answered slowly, request was retried once and then completed',
  'cache miss, item was read from the database',
  'session was renewed',
]
const START_MS = Date.UTC(2026, 0, 1)

/** Records of about `bytes` each, with a newline at the end; at least one entry a record. */
export function logRecords(count: number, bytes: number, seed: number): readonly Buffer[] {
  const chance = new SeededChance(seed)
  let atMs = START_MS
  return Array.from({ length: count }, () => {
    atMs += chance.whole(1, 20)
    return record(chance, atMs, bytes)
  })
}

function record(chance: SeededChance, atMs: number, bytes: number): Buffer {
  const fields: Record<string, unknown> = {
    time: new Date(atMs).toISOString(),
    request: hex(chance, 4),
    client: `10.${chance.whole(0, 3)}.${chance.whole(0, 255)}.${chance.whole(0, 255)}`,
    method: chance.pick(METHODS),
    path: `${chance.pick(PATHS)}?id=${chance.whole(1, 99_999)}`,
    status: chance.pick(STATUSES),
    bytes: chance.whole(120, 60_000),
    ms: chance.whole(1, 900),
    agent: chance.pick(AGENTS),
  }
  // What is left is filled with messages: larger records have more of the same, as stack traces and spans do.
  const events: string[] = []
  let length = JSON.stringify(fields).length + '"events":[],'.length + 1
  while (length < bytes - 60) {
    const text = `${chance.pick(MESSAGES)} span=${hex(chance, 2)} took ${chance.whole(1, 500)} us`
    events.push(text)
    length += text.length + 3
  }
  const line = JSON.stringify({ ...fields, events })
  // To the byte: figures count on it.
  return Buffer.from(`${line.slice(0, bytes - 1).padEnd(bytes - 1)}\n`)
}

function hex(chance: SeededChance, words: number): string {
  return Array.from({ length: words }, () => chance.whole(0, 0xffff).toString(16).padStart(4, '0')).join('')
}
