/** versitygw, an S3 server in Go: its buckets are folders, its objects plain files. */

import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory, run, withLock } from './cache.mjs'

const VERSION = 'v1.8.0'
const program = join(cacheDirectory, 'bin', `versitygw-${VERSION}`)

/** Compiles it, once; about two minutes of two cores. @returns the path of the program */
export async function installVersitygw() {
  if (existsSync(program)) return program
  return withLock('versitygw', async () => {
    if (existsSync(program)) return program
    await mkdir(join(cacheDirectory, 'bin'), { recursive: true })
    const scratch = await mkdtemp(join(cacheDirectory, 'go-'))
    try {
      await run(
        'go',
        ['install', '-ldflags=-s -w', `github.com/versity/versitygw/cmd/versitygw@${VERSION}`],
        {
          env: { ...process.env, GOBIN: scratch, GOFLAGS: '-p=2 -buildvcs=false' },
        },
      )
      await rename(join(scratch, 'versitygw'), program)
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
    return program
  })
}
