/** `npm start`: installs what is missing, then `hydrant serve` with the given flags. */

import { launch } from '../bin/launch.mjs'
import { ensureInstalled } from './install.mjs'

ensureInstalled({ dev: false })
launch(['serve', ...process.argv.slice(2)])
