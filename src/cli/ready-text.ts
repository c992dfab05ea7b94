/** What `hydrant serve` says once it is ready. */

import type { Config } from '../config/config.ts'
import { readVersion } from '../version.ts'
import { describeStore } from './describe-store.ts'
import { firstSteps } from './first-steps.ts'

export function readyText(config: Config, url: string): string {
  const count = config.callers.length
  const access = count === 0 ? 'any signature is accepted' : `callers: ${count}`
  const keys = count === 0 ? '' : ', with the keys of a caller in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
  return `Hydrant ${readVersion()} is ready: ${url} (${access})
  records and settings  ${config.dataDirectory}
  objects               ${describeStore(config.objectStore)}

To try it, paste these into another terminal${keys}:

${firstSteps(config, url).join('\n')}

`
}
