/** `hydrant log inspect <stream>` */

import { loadConfig } from '../config/load.ts'
import { EXIT } from '../exit-codes.ts'
import { inspectLog } from '../log/inspect.ts'
import type { Arguments } from './arguments.ts'
import { processSources } from './process-sources.ts'
import type { Write } from './write.ts'

export async function logInspect(args: Arguments, write: Write): Promise<number> {
  await inspectLog(loadConfig(processSources(args.flags)), args.positionals[0]!, (line) => write(`${line}\n`))
  return EXIT.ok
}
