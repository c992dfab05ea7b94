/** Hydrant as a child process, as its users run it: started on a free port, stopped, killed, started again. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './service-process.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const START_MS = 30_000
const STOP_MS = 30_000
const LINES_KEPT = 10_000

export interface HydrantOptions {
  /** `HYDRANT_*` without the prefix: `{ ACCESS_KEY_ID: '…' }`. */
  readonly settings?: Readonly<Record<string, string>>
  /** An existing data directory; otherwise a temporary one, removed by `remove`. */
  readonly dataDirectory?: string
  /** A port to listen on; otherwise a free one. */
  readonly port?: number
}

export class HydrantProcess {
  readonly url: string
  readonly dataDirectory: string
  readonly #options: HydrantOptions
  #child: ChildProcess
  #lines: string[] = []
  #stdout = ''

  private constructor(url: string, dataDirectory: string, options: HydrantOptions) {
    this.url = url
    this.dataDirectory = dataDirectory
    this.#options = options
    this.#child = this.#spawn()
  }

  /** Resolves once the server says that it is ready. */
  static async start(options: HydrantOptions = {}): Promise<HydrantProcess> {
    const dataDirectory = options.dataDirectory ?? mkdtempSync(join(tmpdir(), 'hydrant-test-'))
    const port = options.port ?? (await freePort())
    const scheme = options.settings?.['TLS_CERT'] === undefined ? 'http' : 'https'
    const server = new HydrantProcess(`${scheme}://127.0.0.1:${port}`, dataDirectory, options)
    await server.#ready()
    return server
  }

  get pid(): number {
    return this.#child.pid!
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Where buckets lie, one folder each. */
  get bucketsPath(): string {
    return this.#options.settings?.['S3_DIRECTORY'] ?? join(this.dataDirectory, 's3')
  }

  /** Lines of the structured log, of all runs. */
  get log(): readonly Readonly<Record<string, unknown>>[] {
    return this.#lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
  }

  /** SIGTERM. @returns the exit code */
  async stop(): Promise<number | null> {
    if (!this.isRunning) return this.#child.exitCode
    const exited = once(this.#child, 'exit')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS)
    this.#child.kill('SIGTERM')
    await exited
    clearTimeout(timer)
    return this.#child.exitCode
  }

  /** SIGKILL: nothing of the server runs any more when this resolves. */
  async kill(): Promise<void> {
    if (!this.isRunning) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  /** Starts again on the same data and the same port. */
  async restart(): Promise<void> {
    this.spawnAgain()
    await this.#ready()
  }

  /** The same without waiting: for what happens to a server that only starts. */
  spawnAgain(): void {
    this.#stdout = ''
    this.#child = this.#spawn()
  }

  /** Stops, and removes the data when it is temporary. */
  async remove(): Promise<void> {
    await this.stop()
    if (this.#options.dataDirectory === undefined)
      rmSync(this.dataDirectory, { recursive: true, force: true, maxRetries: 3 })
  }

  #spawn(): ChildProcess {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('HYDRANT_'))
    const own = Object.entries(this.#options.settings ?? {})
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'serve'], {
      cwd: this.dataDirectory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...Object.fromEntries(inherited),
        UV_THREADPOOL_SIZE: '8',
        HYDRANT_LISTEN: new URL(this.url).host,
        HYDRANT_DATA_DIR: this.dataDirectory,
        ...Object.fromEntries(own.map(([name, value]) => [`HYDRANT_${name}`, value])),
      },
    })
    child.stdout!.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString()
    })
    this.#collectLines(child.stderr!)
    // The server must not outlive a test that fails before its end.
    const end = () => child.kill('SIGKILL')
    process.once('exit', end)
    child.once('exit', () => process.off('exit', end))
    return child
  }

  #collectLines(stderr: NodeJS.ReadableStream): void {
    let rest = ''
    stderr.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n')
      rest = lines.pop() ?? ''
      this.#lines.push(...lines)
      if (this.#lines.length > LINES_KEPT) this.#lines = this.#lines.slice(-LINES_KEPT / 2)
    })
  }

  async #ready(): Promise<void> {
    const deadlineMs = performance.now() + START_MS
    while (!this.#stdout.includes(`is ready: ${this.url}`)) {
      if (!this.isRunning || performance.now() > deadlineMs) {
        await this.kill()
        throw new Error(`The server did not get ready:\n${this.#stdout}\n${this.#lines.join('\n')}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}
