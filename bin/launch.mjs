/**
 * Runs the `hydrant` command on Node 24, whatever Node runs this file: TypeScript as it stands in a clone,
 * compiled JavaScript in the published package. Plain JavaScript for Node 20, without dependencies.
 */

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const NODE_MAJOR_MIN = 24

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The Node to run on: the one of the `node` package, or this one when it is new enough; undefined when there is none. */
export function findNode() {
  const installed = packagedNode()
  if (installed !== undefined) return installed
  const major = Number(process.versions.node.split('.')[0])
  return major >= NODE_MAJOR_MIN ? process.execPath : undefined
}

function packagedNode() {
  try {
    // The package lies beside this one or above it, wherever npm put it.
    const manifest = createRequire(import.meta.url).resolve('node/package.json')
    const path = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}

export const NO_NODE = `Hydrant runs on Node ${NODE_MAJOR_MIN}, which the npm package "node" brings, but its program is missing.
It is put in place by an install script: install again with scripts allowed (npm ci --ignore-scripts=false),
or run Hydrant with Node ${NODE_MAJOR_MIN} or newer.
`

/** Flags and variables that every Hydrant process runs with. */
export function nodeOptions(env = process.env) {
  return {
    // node:sqlite still warns that it is experimental.
    flags: ['--disable-warning=ExperimentalWarning'],
    env: {
      ...env,
      // fdatasync, file reads and compression share libuv's threads: 4 would make one wait for the other.
      UV_THREADPOOL_SIZE: env.UV_THREADPOOL_SIZE ?? '8',
      // Keeps compiled code between starts: a third of the time to be ready.
      NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE ?? join(cacheDirectory(env), 'compiled'),
    },
  }
}

/** XDG Base Directory Specification. */
function cacheDirectory(env) {
  const base = env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : join(homedir(), '.cache')
  return join(base, 'hydrant')
}

/** Runs `hydrant` with these arguments; this process ends as that one does. */
export function launch(args) {
  const node = findNode()
  if (node === undefined) {
    process.stderr.write(NO_NODE)
    process.exit(69)
  }
  const source = join(root, 'src', 'cli', 'main.ts')
  const entry = existsSync(source) ? source : join(root, 'dist', 'cli', 'main.js')
  runNode(node, [entry, ...args])
}

/** Starts Node in place of this process: same terminal, same signals, same exit. */
export function runNode(node, args) {
  const { flags, env } = nodeOptions()
  const child = spawn(node, [...flags, ...args], { stdio: 'inherit', env })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal))
  }
  if (process.env.npm_command !== undefined) stopWithParent(child)
  child.on('error', (error) => {
    process.stderr.write(`${node} cannot be started: ${error.message}\n`)
    process.exit(69)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    // Ends by the same signal, so that whoever waits sees what happened.
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/**
 * npm starts this process through a shell. On SIGTERM npm ends the shell, which tells nobody; without this the
 * server would run on, unseen, and keep its data directory locked.
 */
function stopWithParent(child) {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    child.kill('SIGTERM')
  }, 200)
  watch.unref()
}
