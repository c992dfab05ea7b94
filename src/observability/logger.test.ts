import assert from 'node:assert/strict'
import { beforeEach, it } from 'node:test'
import type { LogLevel } from '../config/config.ts'
import type { Clock } from '../platform.ts'
import type { DeliveryEvent } from './events.ts'
import { Logger } from './logger.ts'

const ARN = 'arn:aws:firehose:us-east-1:000000000000:deliverystream/orders'
let nowMs = 0
const clock: Clock = {
  now: () => nowMs,
  monotonic: () => nowMs,
  after: () => ({ cancel: () => undefined }),
}
let lines: Record<string, unknown>[] = []

beforeEach(() => {
  nowMs = 0
  lines = []
})

function newLogger(level: LogLevel = 'info'): Logger {
  const output = { write: (line: string) => void lines.push(JSON.parse(line)) }
  return new Logger({ level, clock, output })
}

function failed(change: Partial<Extract<DeliveryEvent, { kind: 'failed' }>> = {}): DeliveryEvent {
  return {
    kind: 'failed',
    streamName: 'orders',
    streamArn: ARN,
    versionId: 3,
    lane: 'primary',
    destination: 'arn:aws:s3:::lake',
    errorCode: 'S3.NoSuchBucket',
    message: 'The specified bucket does not exist.',
    attempt: 1,
    ...change,
  }
}

const delivered: DeliveryEvent = {
  kind: 'delivered',
  streamName: 'orders',
  lane: 'primary',
  bucket: 'lake',
  key: 'orders-1',
  records: 1,
  bytes: 9,
  bodyBytes: 9,
  durationMs: 2,
}

/** A line without its time. */
function line(index: number): Record<string, unknown> {
  const { time, ...rest } = lines[index]!
  assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/)
  return rest
}

it("writes a failed try in the shape of Firehose's error records", () => {
  newLogger().delivery([failed({ errorLog: { group: '/aws/kinesisfirehose/orders', stream: 'S3Delivery' } })])
  assert.deepEqual(line(0), {
    level: 'warn',
    deliveryStreamARN: ARN,
    destination: 'arn:aws:s3:::lake',
    deliveryStreamVersionId: 3,
    errorCode: 'S3.NoSuchBucket',
    lane: 'primary',
    failures: 1,
    logGroupName: '/aws/kinesisfirehose/orders',
    logStreamName: 'S3Delivery',
    message: 'The specified bucket does not exist.',
  })
})

it('names no log group where CloudWatchLoggingOptions is off', () => {
  newLogger().delivery([failed()])
  assert.equal('logGroupName' in line(0), false)
})

it('writes the first failure of a kind at once, then one line a minute that counts them', () => {
  const logger = newLogger()
  for (let second = 0; second < 125; second++) {
    nowMs = second * 1000
    logger.delivery([failed()])
  }
  assert.deepEqual(
    lines.map(({ failures }) => failures),
    [1, 60, 60],
  )
  logger.delivery([failed({ errorCode: 'S3.AccessDenied' }), failed({ lane: 'backup' })])
  assert.equal(lines.length, 5)
})

it('says once that a delivery works again, and begins anew', () => {
  const logger = newLogger()
  logger.delivery([failed(), failed(), delivered, delivered, failed()])
  assert.deepEqual(line(1), {
    level: 'info',
    deliveryStream: 'orders',
    lane: 'primary',
    failures: 2,
    message: 'Delivery works again.',
  })
  assert.equal(lines[2]!['errorCode'], 'S3.NoSuchBucket')
  assert.equal(lines.length, 3)
})

it('has a line for each object at debug, and none at info', () => {
  newLogger('info').delivery([delivered])
  assert.equal(lines.length, 0)
  newLogger('debug').delivery([delivered])
  assert.equal(lines[0]!['key'], 'orders-1')
  assert.equal(lines[0]!['bucket'], 'lake')
})

it('is silent when told so', () => {
  const logger = newLogger('silent')
  logger.error('nobody reads this')
  logger.delivery([failed()])
  assert.equal(lines.length, 0)
})

it('writes losses and damage as errors', () => {
  newLogger().delivery([
    { kind: 'expired', streamName: 'orders', lane: 'primary', records: 5 },
    { kind: 'damaged', streamName: 'orders', path: '/log/1', position: 8 },
  ])
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['error', 'error'],
  )
  assert.equal(lines[0]!['records'], 5)
  assert.equal(lines[1]!['path'], '/log/1')
})

it('tells why puts are refused, and when they are taken again', () => {
  const logger = newLogger()
  logger.condition('The disk is full.')
  logger.condition(undefined)
  assert.equal(lines[0]!['reason'], 'The disk is full.')
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['error', 'info'],
  )
})

it('forgets failures of a deleted delivery stream', () => {
  const logger = newLogger()
  logger.delivery([failed()])
  logger.removeStream('orders')
  logger.delivery([failed()])
  assert.equal(lines.length, 2)
})

it('writes a defect with its stack', () => {
  newLogger().defect('A defect.', new Error('boom'))
  assert.match(String(lines[0]!['error']), /Error: boom\n {4}at /)
})
