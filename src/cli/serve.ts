/** `hydrant serve` */

import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { DataDirectory } from '../data-directory.ts'
import { EXIT } from '../exit-codes.ts'
import type { Arguments } from './arguments.ts'
import { explainListenError } from './listen-error.ts'
import { processSources } from './process-sources.ts'
import { readyText } from './ready-text.ts'
import { stopSignal } from './stop-signals.ts'
import type { Write } from './write.ts'

export async function serve(args: Arguments, write: Write): Promise<number> {
  const config = loadConfig(processSources(args.flags))
  if (config.deliveryStreams.length > 0) {
    const { checkDeclaredStreams } = await import('./declared-streams.ts')
    checkDeclaredStreams(config)
  }
  const directory = new DataDirectory(config.dataDirectory)
  const server = await start(config)
  write(readyText(config, server.url))
  const signal = await stopSignal()
  write(`${signal}: stopping (again to stop at once)\n`)
  await server.stop()
  directory.close()
  return EXIT.ok
}

async function start(config: Config) {
  const { startServer } = await import('../main.ts')
  try {
    return await startServer(config, {})
  } catch (error) {
    throw explainListenError(error, config.listen) ?? error
  }
}
