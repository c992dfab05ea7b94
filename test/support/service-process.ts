/** Servers that tests start beside themselves. None outlives the process that started it, however that one ends. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

const START_MS = 20_000
const POLL_MS = 20

/**
 * Ends the server when standard input ends: the kernel closes that pipe also when the tests are killed. What the shell
 * runs in the background hears no signals of the terminal.
 */
const LEASH = '"$@" & pid=$!; cat >/dev/null; kill "$pid"; wait "$pid"'

export interface ServiceProcess {
  /** What it printed so far, for messages. */
  output(): string
  stop(): Promise<void>
}

export interface ServiceCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Whether it answers by now. */
  readonly isReady: () => Promise<boolean>
}

/** Starts a server; resolves when it answers. */
export async function startServiceProcess({
  command,
  args,
  env,
  isReady,
}: ServiceCommand): Promise<ServiceProcess> {
  const child = spawn('sh', ['-c', LEASH, 'leash', command, ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-10_000)
    })
  }
  const ended = once(child, 'exit')
  const stop = async () => {
    child.ref()
    child.stdin.end()
    await ended
  }
  // The tests may end with the server still running.
  child.unref()
  for (const pipe of [child.stdin, child.stdout, child.stderr]) (pipe as unknown as { unref(): void }).unref()
  for (const deadlineMs = performance.now() + START_MS; performance.now() < deadlineMs; await wait(POLL_MS)) {
    if (await isReady()) return { output: () => output, stop }
  }
  await stop()
  throw new Error(`${command} did not answer within ${START_MS / 1000} s:\n${output}`)
}

/** A port on loopback that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** For `isReady`: whether anything speaks HTTP there. */
export async function answersHttp(url: string): Promise<boolean> {
  return fetch(url).then(
    async (answer) => {
      await answer.arrayBuffer()
      return true
    },
    () => false,
  )
}
