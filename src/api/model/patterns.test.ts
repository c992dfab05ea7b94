import assert from 'node:assert/strict'
import { test } from 'node:test'
import document from './firehose-model.json' with { type: 'json' }
import type { Shape } from './model.ts'
import { RELAXED, violatedPattern } from './patterns.ts'

const shapes = Object.entries(document.shapes as unknown as Readonly<Record<string, Shape>>)
const patterned = shapes.filter(([, { type, pattern }]) => type === 'string' && pattern !== undefined)

test('every pattern of the model compiles', () => {
  assert.equal(patterned.length > 40, true)
  for (const [name] of patterned) assert.doesNotThrow(() => violatedPattern('x', name, false), name)
})

test('every relaxed pattern belongs to a shape that has one', () => {
  const names = new Set(patterned.map(([name]) => name))
  for (const name of Object.keys(RELAXED)) assert.equal(names.has(name), true, name)
})

/** Shape, a self-hosted value. */
const selfHosted = [
  ['AmazonOpenSearchServerlessCollectionEndpoint', 'http://opensearch:9200'],
  ['AmazonopensearchserviceClusterEndpoint', 'http://opensearch:9200'],
  ['ClusterJDBCURL', 'jdbc:postgresql://db:5432/events'],
  ['ElasticsearchClusterEndpoint', 'http://elasticsearch:9200'],
  ['HttpEndpointUrl', 'http://collector:8080/'],
  ['SnowflakeAccountUrl', 'http://snowflake:8080'],
  ['SnowflakePrivateLinkVpceId', 'endpoint'],
  ['VpcEndpointServiceName', 'endpoint'],
] as const

test('self-hosted values are refused by the model and accepted when patterns are relaxed', () => {
  assert.deepEqual(selfHosted.map(([shape]) => shape as string).sort(), Object.keys(RELAXED).sort())
  for (const [shape, value] of selfHosted) {
    assert.notEqual(violatedPattern(value, shape, false), undefined, shape)
    assert.equal(violatedPattern(value, shape, true), undefined, shape)
  }
})

test('every value that fits the model fits the relaxed pattern too', () => {
  const values = [
    ['ClusterJDBCURL', 'jdbc:redshift://my-cluster.abc.redshift.us-east-1.amazonaws.com:5439/dev'],
    ['HttpEndpointUrl', 'https://aws-api.newrelic.com/firehose/v1'],
    ['SnowflakeAccountUrl', 'https://account.snowflakecomputing.com'],
  ] as const
  for (const [shape, value] of values) {
    assert.equal(violatedPattern(value, shape, false), undefined, shape)
    assert.equal(violatedPattern(value, shape, true), undefined, shape)
  }
})

test('no pattern takes long for a text that was made to make it slow', () => {
  const texts = [
    'arn:aws:glue:'.repeat(50_000),
    ' '.repeat(8_000_000),
    `jdbc:redshift://${'a.'.repeat(10_000)}`,
    `arn:${':s3:::'.repeat(3_000)}`,
    `${'a.'.repeat(2)}vpce.${'vpce-svc-'.repeat(2_000)}`,
    'QUJD'.repeat(5_000),
  ]
  const started = performance.now()
  for (const [name] of patterned) for (const text of texts) violatedPattern(text, name, false)
  const tookMs = performance.now() - started
  assert.equal(tookMs < 1000, true, `${tookMs} ms`)
})
