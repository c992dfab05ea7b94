/** `hydrant check-config` */

import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { formatBytes } from '../config/units.ts'
import { EXIT } from '../exit-codes.ts'
import type { Arguments } from './arguments.ts'
import { checkDeclaredStreams } from './declared-streams.ts'
import { describeStore } from './describe-store.ts'
import { processSources } from './process-sources.ts'
import type { Write } from './write.ts'

export async function checkConfig(args: Arguments, write: Write): Promise<number> {
  const config = loadConfig(processSources(args.flags))
  checkDeclaredStreams(config)
  write(
    `The configuration is valid.\n${summaryOf(config)
      .map((line) => `  ${line}\n`)
      .join('')}`,
  )
  return EXIT.ok
}

function summaryOf(config: Config): string[] {
  const { host, port } = config.listen
  const rows: [string, string][] = [
    ['file', config.configPath ?? 'none'],
    ['listen', `${config.tls === undefined ? 'http' : 'https'}, ${host} port ${port}`],
    [
      'callers',
      config.callers.map(({ accessKeyId }) => accessKeyId).join(', ') || 'none: any signature is accepted',
    ],
    ['records', `${config.dataDirectory}, at most ${formatBytes(config.log.quotaBytes)} undelivered`],
    ['objects', describeStore(config.objectStore)],
    ...[...config.buckets].map(([bucket, store]): [string, string] => [
      `bucket ${bucket}`,
      describeStore(store),
    ]),
    ['master keys', String(config.masterKeys.size)],
    ['streams declared', String(config.deliveryStreams.length)],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}   ${value}`)
}
