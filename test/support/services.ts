/**
 * What tests need beside themselves: other people's servers, readers and command lines. Each is installed once into
 * `HYDRANT_TEST_CACHE`, started at most once in a test process, and stopped with it.
 */

import { after, type TestContext } from 'node:test'
import { installPythonTools } from '../../scripts/services/python-tools.mjs'

/** Something that can be stopped, or that needs no stopping. */
type Service = object & { stop?(): Promise<void> }

const started = new Map<() => Promise<Service>, Promise<Service>>()

after(async () => {
  const services = await Promise.allSettled(started.values())
  await Promise.all(
    services.map((service) => (service.status === 'fulfilled' ? service.value.stop?.() : undefined)),
  )
})

/**
 * Starts a service, or returns the one that runs. When it cannot be had, the test is skipped with the reason and
 * undefined comes back; with `HYDRANT_REQUIRE_SERVICES=1` the test fails instead.
 *
 * ```ts
 * const s3 = await requireService(t, 'versitygw', startVersitygw)
 * if (s3 === undefined) return
 * ```
 */
export async function requireService<T extends Service>(
  t: TestContext,
  name: string,
  start: () => Promise<T>,
): Promise<T | undefined> {
  const service = started.get(start) ?? start()
  started.set(start, service)
  try {
    return (await service) as T
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (process.env['HYDRANT_REQUIRE_SERVICES'] === '1') {
      throw new Error(`${name} is required and cannot be had: ${reason}`, { cause: error })
    }
    t.skip(`${name} cannot be had: ${reason.split('\n', 1)[0]}`)
    return undefined
  }
}

export interface PythonTools {
  /** Path of a Python with boto3. */
  readonly python: string
  /** Path of the AWS CLI. */
  readonly aws: string
}

/** For `requireService`. */
export function pythonTools(): Promise<PythonTools> {
  return installPythonTools()
}
