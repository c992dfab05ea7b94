/** `npm run build`: TypeScript in src/ to JavaScript in dist/, and the data files beside it. */

import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled, root } from './install.mjs'
import { needNode } from './need-node.mjs'

ensureInstalled({ dev: true })
const { node } = needNode()
const source = join(root, 'src')
const output = join(root, 'dist')

rmSync(output, { recursive: true, force: true })
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const { status } = spawnSync(node, [compiler, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

for (const name of readdirSync(source, { recursive: true })) {
  if (isData(name)) cpSync(join(source, name), join(output, name))
}

/** Data that modules read or import; golden files belong to tests. */
function isData(name) {
  return /\.(json|html|css|txt)$/.test(name) && !name.includes('.golden.')
}
