/** Where the servers and tools that tests need are kept between runs. Runs on Node 20, without dependencies. */

import { spawn } from 'node:child_process'
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const LOCK_POLL_MS = 200

export const cacheDirectory = process.env.HYDRANT_TEST_CACHE || join(homedir(), '.cache', 'hydrant-tests')

/** Runs `action` while no other process runs one of the same name. What a killed process left locked is taken over. */
export async function withLock(name, action) {
  await mkdir(cacheDirectory, { recursive: true })
  const path = join(cacheDirectory, `${name}.lock`)
  while (!(await takeLock(path))) await wait(LOCK_POLL_MS)
  try {
    return await action()
  } finally {
    await rm(path, { force: true })
  }
}

async function takeLock(path) {
  try {
    const file = await open(path, 'wx')
    await file.writeFile(String(process.pid))
    await file.close()
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    const owner = Number(await readFile(path, 'utf8').catch(() => ''))
    // An empty lock is about to get its owner.
    if (owner > 0 && !isRunning(owner)) await rm(path, { force: true })
    return false
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Runs a command to its end; its output is shown only when it fails. */
export async function run(command, args, options = {}) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data
    })
  }
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  }).catch((error) => {
    throw new Error(`${command} cannot be started: ${error.message}`)
  })
  if (code !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output.trim().slice(-2000)}`)
}
