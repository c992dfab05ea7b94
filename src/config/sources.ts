/** Where settings come from, and which source wins: a flag before a variable, a variable before the file. */

import { didYouMean } from './nearest.ts'
import type { Problems } from './problems.ts'
import { flagOf, SETTINGS, variableOf } from './settings.ts'

/** All that the outside world contributes. */
export interface Sources {
  /** By name without dashes; checked against `SETTINGS` by the command line. */
  readonly flags: ReadonlyMap<string, string>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Errors are those of `node:fs`. */
  readFile(path: string): Buffer
  readonly workingDirectory: string
  readonly homeDirectory: string
  /** Cores of the machine. */
  readonly cores: number
}

/** The text of a setting, and where somebody wrote it. */
export interface Given {
  readonly text: string
  /** `--listen`, `HYDRANT_LISTEN` or `hydrant.yaml:1:9`, for messages. */
  readonly where: string
  /** Relative paths in `text` start here. */
  readonly directory: string
}

/** Set by tests and by CI, not read by the server. */
const TEST_VARIABLES = ['HYDRANT_TEST_CACHE', 'HYDRANT_TEST_DATA', 'HYDRANT_REQUIRE_SERVICES', 'HYDRANT_SEED']

/** Kubernetes sets these in every container for a service named `hydrant`. */
const SERVICE_LINK = /^HYDRANT_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/

/** What flags and variables say, by setting. */
export function givenOutsideFile(sources: Sources): Map<string, Given> {
  const given = new Map<string, Given>()
  const directory = sources.workingDirectory
  for (const path of SETTINGS.keys()) {
    const variable = variableOf(path)
    const flag = sources.flags.get(flagOf(path))
    // An empty variable counts as unset: container files can often not say it otherwise.
    const value = sources.environment[variable] || undefined
    if (flag !== undefined) given.set(path, { text: flag, where: `--${flagOf(path)}`, directory })
    else if (value !== undefined) given.set(path, { text: value, where: variable, directory })
  }
  return given
}

/** A misspelt variable would be ignored in silence otherwise. `referenced`: those that the file names as `${…}`. */
export function checkVariables(sources: Sources, referenced: ReadonlySet<string>, problems: Problems): void {
  const known = new Set([...SETTINGS.keys()].map(variableOf))
  for (const variable of Object.keys(sources.environment).sort()) {
    if (!variable.startsWith('HYDRANT_') || known.has(variable) || referenced.has(variable)) continue
    if (TEST_VARIABLES.includes(variable) || SERVICE_LINK.test(variable)) continue
    problems.add(variable, `is not a setting${didYouMean(variable, known)}`)
  }
}
