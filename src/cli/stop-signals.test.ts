import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'

/** A process that waits for a signal, says so, and then stays: as a server that takes long to stop. */
async function waitingProcess() {
  const code = `
    import { stopSignal } from ${JSON.stringify(new URL('./stop-signals.ts', import.meta.url).href)}
    setInterval(() => {}, 1000)
    const stopped = stopSignal()
    console.log('ready')
    console.log(await stopped)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const nextLine = async () => (await lines.next()).value as string
  assert.equal(await nextLine(), 'ready')
  return { child, nextLine }
}

test('the first signal asks, its echo is not a second one, and a later one ends', async () => {
  const { child, nextLine } = await waitingProcess()
  child.kill('SIGINT')
  assert.equal(await nextLine(), 'SIGINT')
  child.kill('SIGINT')
  // Real time: the process measures its own clock.
  const repeat = setInterval(() => child.kill('SIGTERM'), 100)
  const startedMs = performance.now()
  const [code] = await once(child, 'exit')
  clearInterval(repeat)
  assert.equal(code, 128 + 15)
  assert(performance.now() - startedMs > 300)
})
