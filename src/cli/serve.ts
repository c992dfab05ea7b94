/** `hydrant serve` */

import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { DataDirectory } from '../data-directory.ts'
import { EXIT } from '../exit-codes.ts'
import { readVersion } from '../version.ts'
import type { Arguments } from './arguments.ts'
import { firstSteps } from './first-steps.ts'
import { explainListenError } from './listen-error.ts'
import { processSources } from './process-sources.ts'
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

function readyText(config: Config, url: string): string {
  const { objectStore } = config
  const objects =
    objectStore.kind === 'directory'
      ? `${objectStore.path} (one folder a bucket)`
      : `${objectStore.endpoint ?? "AWS's S3"}, region ${objectStore.region}`
  const access =
    config.callers.length === 0 ? 'any signature is accepted' : `${config.callers.length} callers`
  return `Hydrant ${readVersion()} is ready: ${url} (${access})
  records and settings  ${config.dataDirectory}
  objects               ${objects}

To try it, paste these into another terminal:

${firstSteps(config, url).join('\n')}

`
}
