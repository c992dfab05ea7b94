/**
 * Sends prepared requests over raw sockets, in a process of its own: one request at a time on each connection.
 * Started with `fork`: gets a `LoadOrder`, answers `prepared`, waits for `go`, answers with a `LoadResult`.
 */

import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { type PreparedRequest, prepareRequests, type Work } from './work.ts'

export interface LoadOrder {
  readonly host: string
  readonly port: number
  readonly work: Work
}

export interface LoadResult {
  /** From the first request sent to the last answer. */
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Answers other than 200, or a connection that broke. */
  readonly failures: number
  readonly firstFailure?: string
}

const END_OF_HEAD = Buffer.from('\r\n\r\n')
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i

/** One keep-alive connection. */
class Connection {
  readonly #socket: Socket
  #answer: Buffer = Buffer.alloc(0)
  #missingBytes = -1
  #done: ((failure: string | undefined) => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', (error) => this.#end(error.message))
    socket.on('close', () => this.#end('the connection was closed'))
  }

  static async open(host: string, port: number): Promise<Connection> {
    const socket = createConnection({ host, port })
    await once(socket, 'connect')
    return new Connection(socket)
  }

  /** @returns what went wrong; undefined for an answer with 200 */
  send({ pieces }: PreparedRequest): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#done = resolve
      this.#answer = Buffer.alloc(0)
      this.#missingBytes = -1
      this.#socket.cork()
      for (const piece of pieces) this.#socket.write(piece)
      this.#socket.uncork()
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    if (this.#missingBytes >= 0) {
      this.#missingBytes -= chunk.length
    } else {
      this.#answer = this.#answer.length === 0 ? chunk : Buffer.concat([this.#answer, chunk])
      const headBytes = this.#answer.indexOf(END_OF_HEAD)
      if (headBytes < 0) return
      const length = CONTENT_LENGTH.exec(this.#answer.latin1Slice(0, headBytes))?.[1]
      this.#missingBytes = headBytes + END_OF_HEAD.length + Number(length ?? 0) - this.#answer.length
    }
    if (this.#missingBytes > 0) return
    const isOk = this.#answer.latin1Slice(9, 12) === '200'
    this.#end(isOk ? undefined : this.#answer.toString('latin1', 0, 500))
  }

  #end(failure: string | undefined): void {
    const done = this.#done
    this.#done = undefined
    done?.(failure)
  }
}

async function run({ host, port, work }: LoadOrder): Promise<LoadResult> {
  const requests = prepareRequests(work, `${host}:${port}`)
  const connections = await Promise.all(
    Array.from({ length: work.connections }, () => Connection.open(host, port)),
  )
  process.send?.('prepared')
  await once(process, 'message')
  const latenciesMs = new Float64Array(work.calls)
  let next = 0
  let failures = 0
  let firstFailure: string | undefined
  const startedMs = performance.now()
  await Promise.all(
    connections.map(async (connection) => {
      while (next < work.calls) {
        const call = next++
        const sentMs = performance.now()
        const failure = await connection.send(requests[call % requests.length]!)
        latenciesMs[call] = performance.now() - sentMs
        if (failure === undefined) continue
        failures++
        firstFailure ??= failure
      }
    }),
  )
  const seconds = (performance.now() - startedMs) / 1000
  for (const connection of connections) connection.close()
  latenciesMs.sort()
  const quantile = (share: number) => latenciesMs[Math.min(work.calls - 1, Math.floor(work.calls * share))]!
  return {
    seconds,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    failures,
    ...(firstFailure === undefined ? {} : { firstFailure }),
  }
}

const [order] = (await once(process, 'message')) as [LoadOrder]
process.send?.(await run(order))
process.disconnect()
