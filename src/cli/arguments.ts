/** Flags and positional arguments of one command. Every setting is a flag of every command. */

import { parseArgs } from 'node:util'
import * as kinds from '../config/kinds.ts'
import { didYouMean } from '../config/nearest.ts'
import { flagOf, SETTINGS } from '../config/settings.ts'
import { OperatorError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import type { Command } from './commands.ts'

export interface Arguments {
  readonly help: boolean
  /** Settings given as flags, by name without dashes. */
  readonly flags: ReadonlyMap<string, string>
  readonly positionals: readonly string[]
}

const TOGGLES: ReadonlySet<string> = new Set(
  [...SETTINGS].filter(([, { kind }]) => kind === kinds.toggle).map(([path]) => flagOf(path)),
)
const FLAGS: ReadonlySet<string> = new Set([...SETTINGS.keys()].map(flagOf))

/** @throws {OperatorError} for an unknown flag, a flag without its value, or a wrong number of arguments */
export function parseArguments(command: Command, args: readonly string[]): Arguments {
  const flags = new Map<string, string>()
  const positionals: string[] = []
  let help = false
  for (const token of tokensOf(args)) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    if (token.name === 'help' || token.name === 'h') help = true
    else flags.set(...flagFrom(command, token))
  }
  if (!help && positionals.length !== command.positionals.length) throw wrongCount(command, positionals)
  return { help, flags, positionals }
}

function tokensOf(args: readonly string[]) {
  const options = Object.fromEntries(
    [...FLAGS].map((flag) => [flag, { type: TOGGLES.has(flag) ? 'boolean' : 'string' } as const]),
  )
  // Not strict: its messages do not know the nearest name.
  const help = { type: 'boolean', short: 'h' } as const
  return parseArgs({ args: [...args], options: { ...options, help }, strict: false, tokens: true }).tokens
}

function flagFrom(
  command: Command,
  { name, rawName, value }: { name: string; rawName: string; value: string | undefined },
): [flag: string, text: string] {
  if (TOGGLES.has(name)) return [name, value ?? 'true']
  const negated = name.startsWith('no-') ? name.slice(3) : undefined
  if (negated !== undefined && TOGGLES.has(negated) && value === undefined) return [negated, 'false']
  if (!FLAGS.has(name)) {
    throw usageError(
      command,
      `Unknown flag ${rawName}${didYouMean(
        rawName,
        [...FLAGS].map((flag) => `--${flag}`),
      )}`,
    )
  }
  if (value === undefined) throw usageError(command, `${rawName} needs a value`)
  return [name, value]
}

function wrongCount(command: Command, positionals: readonly string[]): OperatorError {
  const missing = command.positionals[positionals.length]
  if (missing !== undefined) return usageError(command, `The name of the ${missing} is missing`)
  return usageError(command, `Unexpected argument "${positionals[command.positionals.length]}"`)
}

function usageError(command: Command, message: string): OperatorError {
  return new OperatorError(`${message}\nSee hydrant ${command.name} --help.`, EXIT.usage)
}
