/** The package as `npm pack` makes it: installed elsewhere, it serves. */

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { deliverOne, root, startServing, stop, succeed, userEnvironment } from './commands.ts'

describe('the published package', { timeout: 180_000 }, () => {
  const base = mkdtempSync(join(tmpdir(), 'hydrant-package-'))
  const app = join(base, 'app')
  const env = userEnvironment()
  let files: readonly string[] = []

  before(async () => {
    const report = await succeed('npm', ['pack', '--json', '--pack-destination', base], { cwd: root, env })
    // The build prints before the report.
    const [packed] = JSON.parse(report.slice(report.indexOf('[\n'))) as [
      { filename: string; files: { path: string }[] },
    ]
    files = packed.files.map(({ path }) => path)
    mkdirSync(app)
    writeFileSync(join(app, 'package.json'), '{ "private": true }')
    await succeed('npm', ['install', '--no-audit', '--no-fund', join(base, packed.filename)], {
      cwd: app,
      env,
    })
  })
  after(() => rmSync(base, { recursive: true, force: true }))

  test('holds compiled code and no tests', () => {
    for (const path of ['bin/hydrant.mjs', 'bin/launch.mjs', 'dist/cli/main.js', 'LICENSE', 'README.md']) {
      assert(files.includes(path), path)
    }
    assert.deepEqual(
      files.filter((path) => /\.test\.|testing\.|\.ts$|^(src|test|scripts)\//.test(path)),
      [],
    )
  })

  test('has the hydrant command', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    assert.equal(await succeed('npx', ['hydrant', '--version'], { cwd: app, env }), `${version}\n`)
    assert.match(await succeed('npx', ['hydrant', '--help'], { cwd: app, env }), /^Usage: hydrant/m)
  })

  test('serves, delivers and stops', async (t) => {
    const data = join(base, 'data')
    const args = ['hydrant', 'serve', '--listen', '127.0.0.1:0', '--data-dir', data]
    const server = await startServing(t, 'npx', args, { cwd: app, env })
    await deliverOne(server.url, join(data, 's3'))
    await stop(server)
  })
})
