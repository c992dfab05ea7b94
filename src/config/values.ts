/** Turns the texts of settings into values. */

import { ValueError } from './kinds.ts'
import type { Problems } from './problems.ts'
import type { Setting, ValuesOf } from './settings.ts'
import type { Given } from './sources.ts'

/**
 * Values by name, defaults filled in. A text that does not fit is noted as a problem and its default is taken, so
 * that what follows can still be checked.
 */
export function parseValues<const S extends Readonly<Record<string, Setting>>>(
  settings: S,
  given: ReadonlyMap<string, Given>,
  homeDirectory: string,
  problems: Problems,
): ValuesOf<S> {
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(settings)) {
    values[name] = parseOne(name, setting, given.get(name), homeDirectory, problems)
  }
  return values as ValuesOf<S>
}

function parseOne(
  name: string,
  setting: Setting,
  given: Given | undefined,
  homeDirectory: string,
  problems: Problems,
): unknown {
  if (given !== undefined) {
    try {
      return setting.kind.parse(given.text, { directory: given.directory, homeDirectory })
    } catch (error) {
      if (!(error instanceof ValueError)) throw error
      // The message never shows the text: it may be a secret in the wrong place.
      problems.add(given.where, `${name} ${error.message}`)
    }
  }
  if (setting.default === undefined) return undefined
  return setting.kind.parse(setting.default, { directory: '/', homeDirectory })
}
