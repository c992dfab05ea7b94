/** The soak, short enough for every run of the tests. */

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { requireService } from '../support/services.ts'
import { startVersitygw } from '../support/versitygw.ts'
import { type SoakOptions, soak } from './soak.ts'
import { storeOn } from './soak-store.ts'

const SEED = 1

describe('records survive a server that is killed five times, each once', { concurrency: true }, () => {
  it('in a directory', (t) => soakFiveKills(t, { settings: {} }))

  it('in a real S3 server', async (t) => {
    const server = await requireService(t, 'versitygw', startVersitygw)
    if (server !== undefined) await soakFiveKills(t, await storeOn(server))
  })
})

async function soakFiveKills(
  t: TestContext,
  store: Pick<SoakOptions, 'settings' | 'bucketsPath'>,
): Promise<void> {
  const result = await soak({
    kills: 5,
    seed: SEED,
    producers: 4,
    recordsPerSecond: 10_000,
    say: (text) => t.diagnostic(text),
    ...store,
  })
  assert.deepEqual(result.problems, [])
  assert.equal(result.lost + result.duplicated + result.invented, 0)
  assert(result.acknowledged > 0)
}
