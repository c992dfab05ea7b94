/**
 * `npm run soak -- --kills 50 --store directory|s3 [--seed n] [--producers n] [--rate records/s]`: kills the server
 * under load, again and again, and counts every record. Exit code 1 when one was lost, duplicated or invented.
 */

import { parseArgs } from 'node:util'
import { soak } from './soak.ts'
import { openStore } from './soak-store.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    store: { type: 'string', default: 'directory' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    producers: { type: 'string', default: '6' },
    rate: { type: 'string', default: '20000' },
  },
})
const say = (text: string) => process.stdout.write(`${text}\n`)

say(`soak: ${values.kills} kills, store ${values.store}, seed ${values.seed}, ${values.rate} records/s`)
// The S3 server beside does not keep this process alive; what is left to do here does.
const alive = setInterval(() => undefined, 60_000)
const store = await openStore(values.store)
try {
  const result = await soak({
    kills: Number(values.kills),
    seed: Number(values.seed),
    producers: Number(values.producers),
    recordsPerSecond: Number(values.rate),
    settings: store.settings,
    ...(store.bucketsPath === undefined ? {} : { bucketsPath: store.bucketsPath }),
    say,
  })
  const { problems, seconds, ...counts } = result
  for (const problem of problems) say(problem)
  for (const [name, count] of Object.entries(counts)) say(`${name.padEnd(13)}${count}`)
  say(`${Math.round(seconds)} s`)
  process.exitCode = result.lost + result.duplicated + result.invented === 0 ? 0 : 1
} finally {
  await store.close()
  clearInterval(alive)
}
