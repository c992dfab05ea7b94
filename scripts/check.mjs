/** `npm run check`: types, lint, format, unit tests. `--static` leaves the tests out. */

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureInstalled, root } from './install.mjs'
import { needNode } from './need-node.mjs'

ensureInstalled({ dev: true })
const { node } = needNode()

const tools = join(root, 'node_modules')
const steps = [
  ['types', [join(tools, 'typescript', 'bin', 'tsc'), '--noEmit']],
  [
    'lint and format',
    [join(tools, '@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.'],
  ],
]
if (!process.argv.includes('--static'))
  steps.push(['unit tests', [join(root, 'scripts', 'test.mjs'), '--unit']])

let failed = false
for (const [name, args] of steps) {
  const { status } = spawnSync(node, args, { cwd: root, stdio: 'inherit' })
  process.stdout.write(`${status === 0 ? '✔' : '✖'} ${name}\n`)
  failed ||= status !== 0
}
process.exit(failed ? 1 : 0)
