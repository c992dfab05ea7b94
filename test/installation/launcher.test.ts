/** `bin/hydrant.mjs` under the machine's own Node. */

import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { root, run, succeed, userEnvironment } from './commands.ts'

describe('the launcher', async () => {
  const base = mkdtempSync(join(tmpdir(), 'hydrant-launcher-'))
  const options = { cwd: base, env: userEnvironment({ XDG_CACHE_HOME: base }) }
  after(() => rmSync(base, { recursive: true, force: true }))

  test('passes arguments on, and the exit code back', async () => {
    const { code, stderr } = await run(
      'node',
      [join(root, 'bin', 'hydrant.mjs'), 'serve', '--lisen', 'x'],
      options,
    )
    assert.equal(code, 64)
    assert.match(stderr, /^Unknown flag --lisen; did you mean "--listen"\?$/m)
  })

  const major = Number((await succeed('node', ['--version'], options)).slice(1).split('.')[0])
  const skip = major >= 24 && `the machine's own Node is ${major}, on which Hydrant runs`
  test('says what to do when there is no Node that it can run on', { skip }, async () => {
    cpSync(join(root, 'bin'), join(base, 'bin'), { recursive: true })
    const { code, stderr } = await run('node', [join(base, 'bin', 'hydrant.mjs'), '--version'], options)
    assert.equal(code, 69)
    assert.match(stderr, /npm ci --ignore-scripts=false/)
  })
})
