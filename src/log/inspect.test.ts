import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Journal } from '../delivery/journal.ts'
import { OperatorError } from '../errors.ts'
import { nodePlatform } from '../node-platform.ts'
import { StreamStore } from '../streams/stream-store.ts'
import { EmbeddedLog } from './embedded-log.ts'
import { inspectLog } from './inspect.ts'
import { LogDirectory } from './log-directory.ts'

const dataDirectory = mkdtempSync(join(tmpdir(), 'hydrant-inspect-'))
after(() => rmSync(dataDirectory, { recursive: true }))

const directory = new LogDirectory(dataDirectory)

async function inspect(streamName: string): Promise<readonly string[]> {
  const lines: string[] = []
  await inspectLog({ dataDirectory }, streamName, (line) => lines.push(line))
  return lines
}

async function writeLog(): Promise<void> {
  const store = new StreamStore(join(dataDirectory, 'control.sqlite'))
  const arn = 'arn:aws:firehose:us-east-1:000000000000:deliverystream/orders'
  store.save('orders', { name: 'orders', arn, status: 'ACTIVE', partitions: [7] })
  store.close()
  const settings = { quotaBytes: 2 ** 30, segmentBytes: 2 ** 20, sharedBytes: 2 ** 22 }
  const keys = { current: () => undefined, find: () => undefined }
  const observer = { synced() {}, size() {}, condition() {}, damaged() {} }
  const log = await EmbeddedLog.open({ directory, platform: nodePlatform, settings, keys, observer }, [
    { id: 7, settled: 0, next: 0 },
  ])
  for (const record of ['first', 'second', 'third']) {
    const frame = log.frame(1, record.length)
    frame.setLength(0, record.length)
    frame.bytes.write(record, frame.dataStart)
    await log.append(7, frame)
  }
  await log.close()
  const journal = await Journal.open(nodePlatform.disk, directory.journal(7, 'primary'), 0)
  await journal.settle('a', [{ from: 0, to: 1 }])
  const identity = { id: 'b', bucket: 'lake', key: 'k', encoding: 'GZIP', oldestMs: 1 }
  await journal.intent({ ...identity, offsets: [{ from: 1, to: 3 }] })
  await journal.close()
}

test('an empty directory is no data directory', async () => {
  await assert.rejects(inspect('orders'), OperatorError)
  assert.deepEqual(readdirSync(dataDirectory), [])
})

test('segments, offsets and journal of a stream are shown, and nothing is written', async () => {
  await writeLog()
  const path = directory.sharedSegment(1)
  const before = readFileSync(path)
  assert.deepEqual(await inspect('orders'), [
    'orders  arn:aws:firehose:us-east-1:000000000000:deliverystream/orders  ACTIVE',
    '',
    'partition 7',
    '  primary: all below 1 is settled',
    '    sealed, not known to have arrived: s3://lake/k with 1 to 2',
    '  segment                  offsets  records  bytes  frames  state',
    '  shared/00000001.segment  0 to 2   3        220    3       sealed',
  ])
  assert.deepEqual(readFileSync(path), before)
})

test('damage is shown with its file and position', async () => {
  const path = directory.sharedSegment(1)
  const bytes = readFileSync(path)
  bytes[bytes.indexOf('second')]! ^= 1
  writeFileSync(path, bytes)
  const lines = await inspect('orders')
  assert.ok(
    lines.some((line) => line.includes('0 to 2   2        146    2')),
    lines.join('\n'),
  )
  assert.equal(lines.at(-1), 'damage: shared/00000001.segment, 74 bytes at 4,169')
})

test('a stream that is not there is refused with the names of those that are', async () => {
  await assert.rejects(
    inspect('order'),
    (error) => error instanceof OperatorError && /are: orders/.test(error.message),
  )
})
