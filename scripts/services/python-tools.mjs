/** The AWS CLI and boto3, in a virtual environment of their own, with the versions of `requirements.txt`. */

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheDirectory, run, withLock } from './cache.mjs'

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url))
const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
// A virtual environment cannot be moved, so a file in it says that it is whole.
const directory = join(cacheDirectory, `python-${digest}`)
const isWhole = join(directory, 'installed')

/** Installs them, once; about half a minute. @returns the paths of `python` and `aws` */
export async function installPythonTools() {
  if (!existsSync(isWhole)) await withLock('python', installWhenMissing)
  return { python: join(directory, 'bin', 'python'), aws: join(directory, 'bin', 'aws') }
}

async function installWhenMissing() {
  if (existsSync(isWhole)) return
  await rm(directory, { recursive: true, force: true })
  await run('python3', ['-m', 'venv', directory])
  await run(join(directory, 'bin', 'pip'), [
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--requirement',
    requirements,
  ])
  await writeFile(isWhole, '')
}
