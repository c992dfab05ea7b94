/** The commands in one table; their code is loaded when they run. */

import type { Arguments } from './arguments.ts'
import type { Write } from './write.ts'

export interface Command {
  /** Words behind `hydrant`. */
  readonly name: string
  /** Arguments that are not flags; all are needed. */
  readonly positionals: readonly string[]
  readonly summary: string
  readonly details: string
  /** Resolves with the exit code. */
  run(args: Arguments, write: Write): Promise<number>
}

export const COMMANDS: readonly Command[] = [
  {
    name: 'serve',
    positionals: [],
    summary: 'Run the server until SIGTERM or SIGINT (Ctrl+C)',
    details: `Takes records on the Firehose API, keeps them in the data directory and delivers them.
A first SIGTERM or SIGINT stops it in order, a second one at once; no acknowledged record is lost either way.`,
    run: async (args, write) => (await import('./serve.ts')).serve(args, write),
  },
  {
    name: 'check-config',
    positionals: [],
    summary: 'Check flags, variables and the configuration file, and say what they mean',
    details: 'Exits with 78 and the place of every mistake when something is wrong. Starts nothing.',
    run: async (args, write) => (await import('./check-config.ts')).checkConfig(args, write),
  },
  {
    name: 'log inspect',
    positionals: ['stream'],
    summary: 'Show segments, offsets and damage in the log of a delivery stream',
    details: 'Reads only; the server may run meanwhile.',
    run: async (args, write) => (await import('./log-inspect.ts')).logInspect(args, write),
  },
]
