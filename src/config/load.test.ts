import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { load, problemsOf, type TestSources } from './testing.ts'

const ONE_CALLER = { HYDRANT_ACCESS_KEY_ID: 'AKIDEXAMPLE', HYDRANT_SECRET_ACCESS_KEY: 'wonderful' }

describe('defaults', () => {
  test('are a loopback server with a directory of objects', () => {
    const config = load({})
    assert.deepEqual(config.listen, { host: '127.0.0.1', port: 4573 })
    assert.equal(config.configPath, undefined)
    assert.equal(config.dataDirectory, '/home/me/.local/share/hydrant')
    const path = '/home/me/.local/share/hydrant/s3'
    assert.deepEqual(config.objectStore, { kind: 'directory', path, createBuckets: true })
    assert.equal(config.region, 'us-east-1')
    assert.equal(config.accountId, '000000000000')
    assert.equal(config.log.quotaBytes, 100 * 2 ** 30)
    assert.equal(config.memory.budgetBytes, 256e6)
    assert.deepEqual(config.delivery, { workers: 1, gzipLevel: 3, graceMs: 10_000 })
    assert.deepEqual(config.retention, {})
    assert.deepEqual(config.quotas, {})
    assert.deepEqual(config.callers, [])
  })

  test('follow the XDG data directory when it is absolute', () => {
    assert.equal(load({ environment: { XDG_DATA_HOME: '/xdg' } }).dataDirectory, '/xdg/hydrant')
    const relative = load({ environment: { XDG_DATA_HOME: 'xdg' } })
    assert.equal(relative.dataDirectory, '/home/me/.local/share/hydrant')
  })

  test('put objects beside the log', () => {
    const config = load({ environment: { HYDRANT_DATA_DIR: 'data' } })
    assert.deepEqual(config.objectStore, { kind: 'directory', path: '/cwd/data/s3', createBuckets: true })
  })
})

describe('precedence', () => {
  const file = 'region: eu-west-1\nlog:\n  quota: 1 GB\n'
  test('the file beats the default', () => {
    assert.equal(load({ file }).region, 'eu-west-1')
    assert.equal(load({ file }).log.quotaBytes, 1e9)
  })
  test('a variable beats the file', () => {
    const environment = { HYDRANT_REGION: 'eu-west-2', HYDRANT_LOG_QUOTA: '2 GB' }
    assert.equal(load({ file, environment }).region, 'eu-west-2')
    assert.equal(load({ file, environment }).log.quotaBytes, 2e9)
  })
  test('a flag beats a variable', () => {
    const environment = { HYDRANT_REGION: 'eu-west-2' }
    assert.equal(load({ file, environment, flags: { region: 'eu-west-3' } }).region, 'eu-west-3')
  })
  test('an empty variable counts as unset', () => {
    assert.equal(load({ file, environment: { HYDRANT_REGION: '' } }).region, 'eu-west-1')
  })
})

describe('the file', () => {
  test('is found by flag, by variable, or in the working directory', () => {
    const files = { '/etc/hydrant.yaml': 'region: eu-north-1' }
    assert.equal(load({ files, flags: { config: '/etc/hydrant.yaml' } }).region, 'eu-north-1')
    assert.equal(load({ files, environment: { HYDRANT_CONFIG: '../etc/hydrant.yaml' } }).region, 'eu-north-1')
    assert.equal(load({ file: 'region: eu-south-1' }).configPath, '/cwd/hydrant.yaml')
  })
  test('must be there when it was asked for', () => {
    const problems = problemsOf({ flags: { config: 'missing.yaml' } })
    assert.deepEqual(problems, ['--config: /cwd/missing.yaml cannot be read: there is no such file'])
  })
  test('may be empty', () => {
    assert.equal(load({ file: '# nothing yet\n' }).region, 'us-east-1')
  })
  test('resolves its paths against its own folder', () => {
    const files = { '/etc/h/hydrant.yaml': 'dataDir: data\ns3:\n  directory: ~/objects\n' }
    const config = load({ files, flags: { config: '/etc/h/hydrant.yaml' } })
    assert.equal(config.dataDirectory, '/etc/h/data')
    assert.deepEqual(config.objectStore, { kind: 'directory', path: '/home/me/objects', createBuckets: true })
  })
  test('keeps the zeros of an account id that YAML reads as a number', () => {
    assert.equal(load({ file: 'accountId: 000000000042' }).accountId, '000000000042')
  })
  test('takes secrets from variables', () => {
    const file = 'accessKeyId: me\nsecretAccessKey: ${APP_SECRET}\n'
    const [caller] = load({ file, environment: { APP_SECRET: 'hush' } }).callers
    assert.equal(caller?.secretAccessKey, 'hush')
    const [problem] = problemsOf({ file })
    assert.equal(problem, 'hydrant.yaml:2:18: the variable APP_SECRET is not set')
  })
  test('may refer to variables that look like settings', () => {
    const file = 'accessKeyId: me\nsecretAccessKey: ${HYDRANT_APP_SECRET}\n'
    assert.equal(load({ file, environment: { HYDRANT_APP_SECRET: 'hush' } }).callers.length, 1)
  })
})

describe('callers', () => {
  test('come from two variables', () => {
    const { callers } = load({ environment: { ...ONE_CALLER, HYDRANT_LISTEN: ':4573' } })
    assert.deepEqual(callers, [
      {
        accessKeyId: 'AKIDEXAMPLE',
        secretAccessKey: 'wonderful',
        arn: 'arn:aws:iam::000000000000:user/AKIDEXAMPLE',
        policy: [{ effect: 'Allow', actions: ['*'], resources: ['*'] }],
      },
    ])
  })

  test('and from the file, with policies', () => {
    const file = `
callers:
  - accessKeyId: producer
    secretAccessKey: s
    sessionToken: t
    expires: 2027-01-31T12:00:00Z
    arn: arn:aws:iam::111111111111:role/producer
    policy:
      - effect: allow
        actions: [firehose:PutRecord, 'firehose:Describe*']
        resources: arn:aws:firehose:*:*:deliverystream/app-*
      - { effect: Deny, actions: '*', resources: ['*/app-secret'] }
`
    const { callers } = load({ file, environment: ONE_CALLER })
    assert.equal(callers.length, 2)
    assert.deepEqual(callers[1], {
      accessKeyId: 'producer',
      secretAccessKey: 's',
      sessionToken: 't',
      expiresAtMs: Date.UTC(2027, 0, 31, 12),
      arn: 'arn:aws:iam::111111111111:role/producer',
      policy: [
        {
          effect: 'Allow',
          actions: ['firehose:PutRecord', 'firehose:Describe*'],
          resources: ['arn:aws:firehose:*:*:deliverystream/app-*'],
        },
        { effect: 'Deny', actions: ['*'], resources: ['*/app-secret'] },
      ],
    })
  })

  for (const host of ['127.0.0.1', '127.8.9.10', 'localhost']) {
    test(`are not needed on ${host}`, () => {
      assert.equal(load({ flags: { listen: `${host}:1` } }).listen.host, host)
    })
  }
  test('are not needed on the IPv6 loopback', () => {
    assert.deepEqual(load({ flags: { listen: '[::1]:4573' } }).listen, { host: '::1', port: 4573 })
  })
})

describe('places of objects', () => {
  test('an endpoint with credentials', () => {
    const config = load({
      environment: {
        HYDRANT_S3_ENDPOINT: 'http://127.0.0.1:9000',
        HYDRANT_S3_ACCESS_KEY_ID: 'k',
        HYDRANT_S3_SECRET_ACCESS_KEY: 's',
        HYDRANT_REGION: 'eu-west-1',
      },
    })
    assert.deepEqual(config.objectStore, {
      kind: 'endpoint',
      endpoint: 'http://127.0.0.1:9000',
      region: 'eu-west-1',
      credentials: { accessKeyId: 'k', secretAccessKey: 's' },
      forcePathStyle: true,
      sendAcl: true,
      requestChecksums: 'WHEN_SUPPORTED',
      connectTimeoutMs: 5000,
      requestTimeoutMs: 60_000,
      partBytes: 8 * 2 ** 20,
    })
  })

  test("AWS's own", () => {
    const { objectStore } = load({ environment: { HYDRANT_S3_ENDPOINT: 'aws' } })
    assert(objectStore.kind === 'endpoint')
    assert.equal(objectStore.endpoint, undefined)
    assert.equal(objectStore.credentials, undefined)
    assert.equal(objectStore.forcePathStyle, false)
  })

  test('a bucket of its own takes how to send from s3, not where or as whom', () => {
    const file = `
s3: { endpoint: 'http://a', accessKeyId: k, secretAccessKey: s, requestTimeout: 7 s, sendAcl: false }
buckets:
  other: { endpoint: 'http://b', sendAcl: true }
  local: { directory: objects }
`
    const { buckets } = load({ file })
    assert.deepEqual(buckets.get('local'), { kind: 'directory', path: '/cwd/objects', createBuckets: true })
    const other = buckets.get('other')
    assert(other?.kind === 'endpoint')
    assert.equal(other.credentials, undefined)
    assert.equal(other.requestTimeoutMs, 7000)
    assert.equal(other.sendAcl, true)
  })
})

describe('master keys', () => {
  const key = Buffer.alloc(32, 7)
  const arn = 'arn:aws:kms:us-east-1:000000000000:key/main'
  const ways: Readonly<Record<string, TestSources>> = {
    base64: { file: `masterKeys: { '${arn}': ${key.toString('base64')} }` },
    hex: { file: `masterKeys: { '${arn}': ${key.toString('hex')} }` },
    'a variable': { file: `masterKeys:\n  ${arn}: \${KEY}\n`, environment: { KEY: key.toString('base64') } },
    'a file of bytes': { file: `masterKeys:\n  ${arn}: { file: key }`, files: { '/cwd/key': key } },
    'a file of text': {
      file: `masterKeys:\n  ${arn}: { file: key }`,
      files: { '/cwd/key': `${key.toString('hex')}\n` },
    },
  }
  for (const [name, given] of Object.entries(ways)) {
    test(`from ${name}`, () => assert.deepEqual(load(given).masterKeys, new Map([[arn, key]])))
  }
  test('a missing file is told', () => {
    const problems = problemsOf({ file: `masterKeys:\n  ${arn}: { file: key }` })
    assert.deepEqual(problems, ['hydrant.yaml:2:56: key cannot be read: there is no such file'])
  })
})

test('delivery streams keep their lines and their values', () => {
  const file = `
deliveryStreams:
  - DeliveryStreamName: orders
    ExtendedS3DestinationConfiguration:
      Prefix: 'orders/!{timestamp:yyyy}/'
      BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 60 }
`
  const [stream, ...others] = load({ file }).deliveryStreams
  assert.deepEqual(others, [])
  assert(stream !== undefined)
  const { places, ...declared } = stream
  assert.equal(places.get('ExtendedS3DestinationConfiguration.BufferingHints.SizeInMBs'), 'hydrant.yaml:6:25')
  assert.deepEqual(declared, {
    where: 'hydrant.yaml:3:5',
    request: {
      DeliveryStreamName: 'orders',
      ExtendedS3DestinationConfiguration: {
        Prefix: 'orders/!{timestamp:yyyy}/',
        BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 60 },
      },
    },
  })
})

test('the variables of Kubernetes services and of tests are left alone', () => {
  const environment = {
    HYDRANT_PORT: 'tcp://10.0.0.1:4573',
    HYDRANT_PORT_4573_TCP_ADDR: '10.0.0.1',
    HYDRANT_SERVICE_HOST: '10.0.0.1',
    HYDRANT_SERVICE_PORT_HTTP: '4573',
    HYDRANT_TEST_CACHE: '/tmp',
    HYDRANT_REQUIRE_SERVICES: '1',
  }
  assert.equal(load({ environment }).listen.port, 4573)
})
