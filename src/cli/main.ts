/** The `hydrant` command. Each command is a file; only the one that runs is loaded. */

import { OperatorError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { runCommand } from './run-command.ts'

try {
  process.exitCode = await runCommand(process.argv.slice(2), (text) => process.stdout.write(text))
} catch (error) {
  if (error instanceof OperatorError) process.stderr.write(`${error.message}\n`)
  else
    process.stderr.write(
      `Hydrant failed; this is a bug:\n${error instanceof Error ? error.stack : String(error)}\n`,
    )
  // At once: what was started before the failure must not keep the process alive.
  process.exit(error instanceof OperatorError ? error.exitCode : EXIT.internal)
}
