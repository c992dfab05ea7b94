/** The listening server: connections with bounds on time and size, `/health` and `/metrics`, and a stop that answers. */

import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Config } from '../config/config.ts'
import type { FrontEnd } from './front-end.ts'

/** A client that sends its headers slower than this is gone. */
const HEADERS_MS = 20_000
/** For a whole request: 8 MiB at 280 KB/s. */
const REQUEST_MS = 30_000
/** Longer than the idle time of AWS's SDKs and of common load balancers, which must be first to close. */
const KEEP_ALIVE_MS = 75_000
const CHECK_MS = 2000
const BACKLOG = 1024

export interface Page {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

export interface ApiServerOptions {
  readonly config: Pick<Config, 'listen' | 'tls'>
  readonly frontEnd: FrontEnd
  /** Pages for GET by path: `/health`, `/metrics`. They need no signature and show no secrets. */
  readonly pages: ReadonlyMap<string, () => Page | Promise<Page>>
  readonly failed: (error: unknown) => void
}

export class ApiServer {
  readonly #options: ApiServerOptions
  readonly #server: Server
  #isStopping = false
  #underWay = 0
  #idle: (() => void) | undefined

  private constructor(options: ApiServerOptions) {
    this.#options = options
    const settings = {
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_MS,
      noDelay: true,
    }
    const { tls } = options.config
    const listener = (request: IncomingMessage, response: ServerResponse) => this.#receive(request, response)
    this.#server =
      tls === undefined
        ? createServer(settings, listener)
        : createTlsServer(
            {
              ...settings,
              cert: readFileSync(tls.certPath),
              key: readFileSync(tls.keyPath),
              minVersion: 'TLSv1.2',
            },
            listener,
          )
    this.#server.on('clientError', answerClientError)
    // The front end reads the body whether or not the client waits for leave to send it.
    this.#server.on('checkExpectation', (request, response) => this.#receive(request, response))
  }

  /** Resolves when connections are accepted. Rejects with the error of `listen` (`EADDRINUSE`, …). */
  static async listen(options: ApiServerOptions): Promise<ApiServer> {
    const server = new ApiServer(options)
    const { host, port } = options.config.listen
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject)
      server.#server.listen({ host, port, backlog: BACKLOG }, () => resolve())
    })
    return server
  }

  get url(): string {
    const { address, port, family } = this.#server.address() as AddressInfo
    const scheme = this.#options.config.tls === undefined ? 'http' : 'https'
    return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
  }

  /** Accepts nothing new, answers what is under way, and after `graceMs` cuts the rest off. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    const timer = setTimeout(() => this.#server.closeAllConnections(), graceMs)
    if (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve
        setTimeout(resolve, graceMs).unref()
      })
    }
    this.#server.closeIdleConnections()
    setTimeout(() => this.#server.closeAllConnections(), 100).unref()
    await closed
    clearTimeout(timer)
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    this.#underWay++
    this.#answer(request, response)
      .catch((error: unknown) => {
        this.#options.failed(error)
        response.destroy()
      })
      .finally(() => {
        this.#underWay--
        if (this.#underWay === 0) this.#idle?.()
      })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const page = request.method === 'GET' ? this.#options.pages.get(request.url ?? '') : undefined
    if (page === undefined) {
      await this.#options.frontEnd.handle(request, response, this.#isStopping)
      return
    }
    request.resume()
    const { status, contentType, body } = await page()
    response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) })
    response.end(body)
  }
}

/** What is not HTTP, or too slow, gets an answer in AWS's shape, and the connection ends. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = STATUS_BY_CODE[error.code ?? ''] ?? '400 Bad Request'
  const body = '{"__type":"SerializationException"}'
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  )
}

const STATUS_BY_CODE: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}
