/**
 * `npm test`: installs what is missing and runs every test that this machine can run: unit tests first, then those
 * that need a server. `npm test -- <path> …` runs only the files whose paths start so; `--unit` only the unit tests.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled, root } from './install.mjs'
import { needNode } from './need-node.mjs'

/** No test is this slow; but the first start of a server may have to compile it. */
const TEST_TIMEOUT_MS = 10 * 60_000

const args = process.argv.slice(2)
const unitOnly = args.includes('--unit')
const paths = args.filter((arg) => arg !== '--unit')

ensureInstalled({ dev: true })
const { node, flags, env } = needNode()

const suites = [
  { name: 'unit', folders: ['src'] },
  { name: 'whole server', folders: ['test', 'examples', 'benchmarks', 'scripts'] },
]
let failed = false
for (const suite of unitOnly ? suites.slice(0, 1) : suites) {
  const files = testFiles(suite.folders)
  if (files.length === 0) continue
  process.stdout.write(`\n${suite.name} tests (${files.length} files)\n`)
  const { status } = spawnSync(
    node,
    [
      ...flags,
      '--test',
      '--test-concurrency=2',
      `--test-timeout=${TEST_TIMEOUT_MS}`,
      `--test-reporter=${join(root, 'scripts', 'test-reporter.mjs')}`,
      ...files,
    ],
    { cwd: root, stdio: 'inherit', env },
  )
  failed ||= status !== 0
}
process.exit(failed ? 1 : 0)

function testFiles(folders) {
  const files = folders.flatMap(filesIn).filter((file) => file.endsWith('.test.ts'))
  const wanted = paths.map((path) => path.replace(/^\.\//, ''))
  return files.filter((file) => wanted.length === 0 || wanted.some((path) => file.startsWith(path))).sort()
}

/** Relative to the root; Node 20 has no glob. */
function filesIn(folder) {
  const path = join(root, folder)
  return existsSync(path) ? readdirSync(path, { recursive: true }).map((name) => join(folder, name)) : []
}
