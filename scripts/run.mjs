/** `node scripts/run.mjs file.ts …`: runs TypeScript with the Node that Hydrant runs on. */

import { runNode } from '../bin/launch.mjs'
import { ensureInstalled } from './install.mjs'
import { needNode } from './need-node.mjs'

ensureInstalled({ dev: true })
runNode(needNode().node, process.argv.slice(2))
