/** The sources of settings of this process. */

import { readFileSync } from 'node:fs'
import { availableParallelism, homedir } from 'node:os'
import type { Sources } from '../config/sources.ts'

export function processSources(flags: ReadonlyMap<string, string>): Sources {
  return {
    flags,
    environment: process.env,
    readFile: (path) => readFileSync(path),
    workingDirectory: process.cwd(),
    homeDirectory: homedir(),
    cores: availableParallelism(),
  }
}
