/** For tests: loads a configuration from made-up sources. */

import assert from 'node:assert/strict'
import { OperatorError } from '../errors.ts'
import type { Config } from './config.ts'
import { loadConfig } from './load.ts'
import type { Sources } from './sources.ts'

/** What a test gives the loader; nothing of the machine it runs on. */
export interface TestSources {
  readonly flags?: Readonly<Record<string, string>>
  readonly environment?: Readonly<Record<string, string>>
  /** Content of /cwd/hydrant.yaml, the default place. */
  readonly file?: string
  readonly files?: Readonly<Record<string, string | Buffer>>
}

function sources({ flags = {}, environment = {}, file, files = {} }: TestSources): Sources {
  const contents = new Map(Object.entries(files))
  if (file !== undefined) contents.set('/cwd/hydrant.yaml', file)
  return {
    flags: new Map(Object.entries(flags)),
    environment,
    readFile: (path) => {
      const content = contents.get(path)
      if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
      return Buffer.from(content)
    },
    workingDirectory: '/cwd',
    homeDirectory: '/home/me',
    cores: 2,
  }
}

export const load = (given: TestSources): Config => loadConfig(sources(given))

/** The lines of the error that loading ends with. */
export function problemsOf(given: TestSources): readonly string[] {
  try {
    load(given)
  } catch (error) {
    assert(error instanceof OperatorError, String(error))
    assert.equal(error.exitCode, 78)
    return error.message.split('\n')
  }
  throw new Error('no problem was found')
}
