/** Runs npm and the `hydrant` command as a user would: with the Node of the machine, in a folder of its own. */

import assert from 'node:assert/strict'
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join, sep } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CreateDeliveryStreamCommand, FirehoseClient, PutRecordCommand } from '@aws-sdk/client-firehose'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Without what `npm test` adds: its PATH would lead to the Node of this checkout. */
export function userEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|HYDRANT_|INIT_CWD)/.test(name))
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((part) => !part.includes(`${sep}node_modules${sep}`))
  return { ...Object.fromEntries(own), PATH: path.join(delimiter), ...extra }
}

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command to its end. */
export async function run(command: string, args: readonly string[], options: SpawnOptions): Promise<Outcome> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout: stdout(), stderr: stderr() }
}

/** Runs a command that must succeed; returns what it printed. */
export async function succeed(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options)
  assert.equal(code, 0, `${command} ${args.join(' ')}\n${stdout}\n${stderr}`)
  return stdout
}

export interface RunningCommand {
  readonly process: ChildProcess
  /** Where it listens. */
  readonly url: string
  /** All of its standard output so far. */
  output(): string
}

/** Starts a command that serves; resolves once it says that it is ready. It is gone when the test ends. */
export async function startServing(
  test: TestContext,
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): Promise<RunningCommand> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  test.after(() => child.kill('SIGTERM'))
  for (; child.exitCode === null && child.signalCode === null; await wait(20)) {
    const url = /is ready: (\S+)/.exec(stdout())?.[1]
    if (url !== undefined) return { process: child, url, output: stdout }
  }
  throw new Error(`ended with ${child.exitCode} before it was ready:\n${stdout()}\n${stderr()}`)
}

/** Asks npm to stop, as a supervisor does; resolves when the server behind it is gone. */
export async function stop(command: RunningCommand): Promise<void> {
  const exited = once(command.process, 'exit')
  command.process.kill('SIGTERM')
  await exited
  await gone(command)
}

/** Resolves when nothing answers any more. */
export async function gone({ url }: RunningCommand): Promise<void> {
  for (const deadlineMs = performance.now() + 20_000; performance.now() < deadlineMs; await wait(50)) {
    const answered = await fetch(`${url}/health`).then(
      () => true,
      () => false,
    )
    if (!answered) return
  }
  throw new Error(`the server at ${url} is still there`)
}

/** Puts one record on a new delivery stream and waits for its object in the directory of buckets. */
export async function deliverOne(url: string, bucketsPath: string): Promise<void> {
  const client = new FirehoseClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  })
  await client.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: 'first',
      ExtendedS3DestinationConfiguration: {
        RoleARN: 'arn:aws:iam::000000000000:role/hydrant',
        BucketARN: 'arn:aws:s3:::first',
        BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 },
      },
    }),
  )
  await client.send(
    new PutRecordCommand({ DeliveryStreamName: 'first', Record: { Data: Buffer.from('it works\n') } }),
  )
  client.destroy()
  assert.equal(await firstObject(join(bucketsPath, 'first')), 'it works\n')
}

async function firstObject(bucketPath: string): Promise<string> {
  for (const deadlineMs = performance.now() + 20_000; performance.now() < deadlineMs; await wait(50)) {
    const entries = existsSync(bucketPath)
      ? readdirSync(bucketPath, { recursive: true, withFileTypes: true })
      : []
    const file = entries.find((entry) => entry.isFile() && entry.name.startsWith('first-1-'))
    if (file !== undefined) return readFileSync(join(file.parentPath, file.name), 'utf8')
  }
  throw new Error(`no object arrived in ${bucketPath}`)
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = ''
  stream?.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  return () => text
}
