/** `--help`, from the tables of commands and settings. */

import { flagOf, SETTINGS, type Setting, variableOf } from '../config/settings.ts'
import type { Command } from './commands.ts'

const COLUMNS = 100

export function generalHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => usageOf(command).length))
  const list = commands.map((command) => `  ${usageOf(command).padEnd(width)}   ${command.summary}`)
  return `Amazon Data Firehose that you run yourself.

Usage: hydrant <command> [flags]

${list.join('\n')}

  hydrant <command> --help   its flags and variables
  hydrant --version          the version
`
}

export function commandHelp(command: Command): string {
  const flags = [...SETTINGS].map(([path, setting]) => settingHelp(path, setting))
  return `Usage: hydrant ${usageOf(command)} [flags]

${command.details}

Every flag can also be a variable or a key of hydrant.yaml; a flag wins over a variable, a variable over the file.
Switches take --name, --no-name or --name=true|false. A secret in a flag can be seen by other users of the
machine: prefer its variable.

${flags.join('\n\n')}
`
}

function usageOf({ name, positionals }: Command): string {
  return [name, ...positionals.map((positional) => `<${positional}>`)].join(' ')
}

function settingHelp(path: string, setting: Setting): string {
  const fallback = (setting.default ?? setting.otherwise ?? 'none').replaceAll('`', '')
  const lines = wrap(`${setting.description.replaceAll('`', '')} Default: ${fallback}.`, COLUMNS - 6)
  return `  --${flagOf(path)} <${setting.kind.placeholder}>, ${variableOf(path)}\n${lines.map((line) => `      ${line}`).join('\n')}`
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
