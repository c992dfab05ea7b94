/** What the README promises to somebody who has Node 20, npm and a clone, and nothing else. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { deliverOne, gone, root, run, startServing, stop, succeed, userEnvironment } from './commands.ts'

describe('a fresh clone', { timeout: 180_000 }, () => {
  const base = mkdtempSync(join(tmpdir(), 'hydrant-clone-'))
  const clone = join(base, 'hydrant')
  const data = join(base, 'data')
  const env = userEnvironment({
    HYDRANT_LISTEN: '127.0.0.1:0',
    HYDRANT_DATA_DIR: data,
    XDG_CACHE_HOME: join(base, 'cache'),
  })
  const options = { cwd: clone, env }

  before(async () => {
    await succeed('git', ['clone', '--quiet', '--no-hardlinks', root, clone], { cwd: base, env })
  })
  after(() => rmSync(base, { recursive: true, force: true }))

  test('serves after npm start, and delivers', async (t) => {
    const server = await startServing(t, 'npm', ['start'], options)
    assert.match(server.output(), new RegExp(`records and settings +${data}\n`))
    assert.equal(server.output().match(/^(AWS_ACCESS_KEY_ID=any .*aws |find )/gm)?.length, 3)
    await deliverOne(server.url, join(data, 's3'))
    await stop(server)
  })

  test('starts again, and refuses a second server on its data and on its port', async (t) => {
    const server = await startServing(t, 'npm', ['start'], options)
    const second = await run('npm', ['start'], options)
    assert.equal(second.code, 75)
    assert.match(second.stderr, /Another server \(process \d+\) is using/)
    const { host } = new URL(server.url)
    const elsewhere = ['start', '--', '--data-dir', join(base, 'other'), '--listen', host]
    const third = await run('npm', elsewhere, options)
    assert.equal(third.code, 69)
    assert.match(third.stderr, /^Port \d+ on 127\.0\.0\.1 is taken by another program\./m)
    await stop(server)
  })

  test('stops once at Ctrl+C, which reaches npm, the launcher and the server alike', async (t) => {
    const server = await startServing(t, 'npm', ['start'], { ...options, detached: true })
    process.kill(-server.process.pid!, 'SIGINT')
    await gone(server)
    assert.equal(server.output().match(/stopping/g)?.length, 1)
  })

  test('says what is wrong with its configuration, and where', async () => {
    const config = join(base, 'wrong.yaml')
    writeFileSync(config, 'memory:\n  bugdet: 1 GB\n')
    const { code, stderr } = await run('npm', ['start', '--', '--config', config], options)
    assert.equal(code, 78)
    assert(stderr.includes(`${config}:2:3: unknown setting "memory.bugdet"; did you mean "budget"?`), stderr)
  })

  test('notices that what is installed is not what the lock file names', async () => {
    await succeed('npm', ['uninstall', '--no-save', 'yaml'], options)
    const { code, stderr, stdout } = await run('npm', ['start', '--', '--help'], options)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /Installing what Hydrant needs/)
    assert.match(stdout, /--memory-budget/)
  })
})
