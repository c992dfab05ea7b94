/** Finds the command that was asked for and runs it. */

import { didYouMean } from '../config/nearest.ts'
import { OperatorError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { readVersion } from '../version.ts'
import { COMMANDS, type Command } from './commands.ts'
import type { Write } from './write.ts'

/**
 * @param args  behind `hydrant`
 * @returns the exit code
 * @throws {OperatorError} whose message is for the person at the terminal
 */
export async function runCommand(args: readonly string[], write: Write): Promise<number> {
  const [first] = args
  if (first === '--version' || first === '-v') {
    write(`${readVersion()}\n`)
    return EXIT.ok
  }
  const { generalHelp, commandHelp } = await import('./help.ts')
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    write(generalHelp(COMMANDS))
    return first === undefined ? EXIT.usage : EXIT.ok
  }
  const command = findCommand(args)
  const { parseArguments } = await import('./arguments.ts')
  const parsed = parseArguments(command, args.slice(command.name.split(' ').length))
  if (parsed.help) {
    write(commandHelp(command))
    return EXIT.ok
  }
  return command.run(parsed, write)
}

function findCommand(args: readonly string[]): Command {
  const command = COMMANDS.find(({ name }) => name === args.slice(0, name.split(' ').length).join(' '))
  if (command !== undefined) return command
  const names = COMMANDS.map(({ name }) => name)
  const words = args.filter((arg) => !arg.startsWith('-')).join(' ')
  const what = args[0]!.startsWith('-')
    ? `A command must stand before ${args[0]}, such as hydrant serve`
    : `There is no command "${words}"${didYouMean(words, names)}`
  throw new OperatorError(`${what}\nCommands: ${names.join(', ')}. See hydrant --help.`, EXIT.usage)
}
