/** `node scripts/services/install.mjs`: installs every server and tool that tests need, at once, ahead of the tests. */

import { cacheDirectory } from './cache.mjs'
import { installPythonTools } from './python-tools.mjs'
import { installVersitygw } from './versitygw.mjs'

const services = { versitygw: installVersitygw, 'AWS CLI and boto3': installPythonTools }

process.stdout.write(`Installing into ${cacheDirectory} …\n`)
const outcomes = await Promise.all(Object.entries(services).map(([name, install]) => attempt(name, install)))
process.exit(outcomes.every(Boolean) ? 0 : 1)

async function attempt(name, install) {
  const startedMs = performance.now()
  try {
    await install()
    process.stdout.write(`✔ ${name} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)\n`)
    return true
  } catch (error) {
    process.stdout.write(`✖ ${name}: ${error.message}\n`)
    return false
  }
}
