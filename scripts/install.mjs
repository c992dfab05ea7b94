/** Installs what package-lock.json names, when node_modules does not hold it. Runs on Node 20, without dependencies. */

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * @param options.dev  also what tests and checks need
 * @returns whether something was installed
 */
export function ensureInstalled({ dev }) {
  if (isInstalled(root, { dev })) return false
  if (Number(process.versions.node.split('.')[0]) < 20) {
    process.stderr.write(`Hydrant needs Node 20 or newer to install; this is ${process.version}.\n`)
    process.exit(69)
  }
  process.stderr.write(
    `Installing what Hydrant needs from package-lock.json (${dev ? 'with' : 'without'} tools for development) …\n`,
  )
  const startedMs = performance.now()
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...(dev ? [] : ['--omit=dev'])]
  const { status, error } = spawnSync('npm', args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: npmEnvironment(dev),
  })
  if (status !== 0) {
    process.stderr.write(
      `npm ci failed${error === undefined ? '' : `: ${error.message}`}. Is the package registry reachable?\n`,
    )
    process.exit(69)
  }
  process.stderr.write(`Installed in ${((performance.now() - startedMs) / 1000).toFixed(0)} s.\n`)
  return true
}

/** The environment without what a surrounding `npm start` or NODE_ENV would impose on the installation. */
function npmEnvironment(dev) {
  const env = { ...process.env }
  delete env.npm_config_omit
  if (dev) delete env.NODE_ENV
  return env
}

/**
 * Compares the lock file with the one that npm leaves in node_modules: it lists what is there. Packages for other
 * platforms may be missing.
 */
export function isInstalled(directory, { dev }) {
  const wanted = readPackages(join(directory, 'package-lock.json'))
  const found = readPackages(join(directory, 'node_modules', '.package-lock.json'))
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.optional || (entry.dev && !dev)) return true
    return found[path]?.version === entry.version
  })
}

function readPackages(path) {
  if (!existsSync(path)) return {}
  return JSON.parse(readFileSync(path, 'utf8')).packages ?? {}
}
