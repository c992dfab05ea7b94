/** Reads a block of the file against the settings that may stand in it. */

import { describeKind, type Located, type LocatedMap, type LocatedScalar, type Member } from './located.ts'
import { didYouMean } from './nearest.ts'
import type { Problems } from './problems.ts'
import type { References } from './references.ts'
import { flagOf, type Setting, variableOf } from './settings.ts'
import type { Given } from './sources.ts'

/** What reading any part of the file needs. */
export interface FileContext {
  readonly references: References
  readonly problems: Problems
  /** Of the file: relative paths in it start here. */
  readonly directory: string
}

/** A block read: its single values by dotted name, and its structured members untouched. */
export interface Block {
  readonly given: Map<string, Given>
  readonly structured: ReadonlyMap<string, Member>
}

/**
 * @param settings    by dotted name, relative to the block
 * @param structured  names at the top of the block whose values are lists or blocks of their own kind
 */
export function readBlock(
  block: LocatedMap,
  settings: ReadonlyMap<string, Setting>,
  structured: readonly string[],
  context: FileContext,
): Block {
  const given = new Map<string, Given>()
  const found = new Map<string, Member>()
  const visit = (map: LocatedMap, prefix: string): void => {
    for (const [key, member] of map.members) {
      const name = `${prefix}${key}`
      const setting = settings.get(name)
      if (setting !== undefined) readSetting(name, setting, member, given, context)
      else if (structured.includes(name)) found.set(name, member)
      else if (isPrefix(name, settings)) visitBlock(name, member)
      else context.problems.add(member.where, unknownKey(key, prefix, settings, structured))
    }
  }
  const visitBlock = (name: string, { value }: Member): void => {
    if (value.kind === 'map') visit(value, `${name}.`)
    else context.problems.add(value.where, `${name} must be a block of settings, not ${describeKind(value)}`)
  }
  visit(block, '')
  return { given, structured: found }
}

function readSetting(
  name: string,
  setting: Setting,
  { where, value }: Member,
  given: Map<string, Given>,
  context: FileContext,
): void {
  if (setting.outsideFile) {
    context.problems.add(
      where,
      `${name} is set with --${flagOf(name)} or ${variableOf(name)}, not in the file`,
    )
    return
  }
  const text = readText(name, value, context)
  if (text !== undefined) given.set(name, { text, where: value.where, directory: context.directory })
}

/** A single value's text, references replaced; undefined, with a problem noted, when it is something else. */
export function readText(name: string, value: Located, context: FileContext): string | undefined {
  if (isFilled(value)) return context.references.expand(value, context.problems)
  context.problems.add(value.where, `${name} must be a single value, not ${describeKind(value)}`)
  return undefined
}

/** The members of a list, or none, with a problem noted, when it is something else. */
export function readList(name: string, value: Located, context: FileContext): readonly Located[] {
  if (value.kind === 'list') return value.items
  context.problems.add(value.where, `${name} must be a list, not ${describeKind(value)}`)
  return []
}

/** A block, or undefined, with a problem noted, when it is something else. */
export function readMap(name: string, value: Located, context: FileContext): LocatedMap | undefined {
  if (value.kind === 'map') return value
  context.problems.add(value.where, `${name} must be a block of settings, not ${describeKind(value)}`)
  return undefined
}

function isFilled(value: Located): value is LocatedScalar {
  return value.kind === 'scalar' && value.value !== null
}

function isPrefix(name: string, settings: ReadonlyMap<string, Setting>): boolean {
  return [...settings.keys()].some((path) => path.startsWith(`${name}.`))
}

function unknownKey(
  key: string,
  prefix: string,
  settings: ReadonlyMap<string, Setting>,
  structured: readonly string[],
): string {
  const paths = [...settings.keys(), ...structured].filter((path) => path.startsWith(prefix))
  const here = new Set(paths.map((path) => path.slice(prefix.length).split('.')[0]!))
  const elsewhere = [...settings.keys()].filter((path) => path.endsWith(`.${key}`))
  const name = JSON.stringify(`${prefix}${key}`)
  if (elsewhere.length > 0) return `unknown setting ${name}; did you mean "${elsewhere.join('" or "')}"?`
  return `unknown setting ${name}${didYouMean(key, here) || `; known here: ${[...here].join(', ')}`}`
}
