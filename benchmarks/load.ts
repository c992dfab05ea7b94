/** Runs the load generator beside whoever measures. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LoadResult } from './load-generator.ts'
import type { Work } from './work.ts'

const GENERATOR = fileURLToPath(new URL('load-generator.ts', import.meta.url))

/**
 * Sends a work to a server and resolves when the last answer is there.
 * @param started  called when all is prepared and the first request is about to leave
 */
export async function load(url: string, work: Work, started?: () => void): Promise<LoadResult> {
  const { hostname: host, port } = new URL(url)
  const child = fork(GENERATOR, { execArgv: ['--max-semi-space-size=64'] })
  try {
    child.send({ host, port: Number(port), work })
    await answerOf(child)
    started?.()
    child.send('go')
    const result = (await answerOf(child)) as LoadResult
    if (result.failures > 0)
      throw new Error(`${result.failures} of ${work.calls} calls failed: ${result.firstFailure}`)
    return result
  } finally {
    child.kill()
  }
}

async function answerOf(child: ReturnType<typeof fork>): Promise<unknown> {
  const ended = new AbortController()
  const { signal } = ended
  try {
    const [message] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(() => {
        throw new Error('The load generator ended early.')
      }),
    ])
    return message
  } finally {
    ended.abort()
  }
}
