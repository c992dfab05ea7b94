/**
 * A proxy in front of an S3 server that lets chosen requests fail, in the ways in which networks and servers do:
 *
 * ```ts
 * const proxy = await FaultProxy.start(s3.url)
 * proxy.inject('UploadPart', faults.slowDown, 2)                        // the next two parts
 * proxy.inject(({ key }) => key.startsWith('a/'), faults.resetAfter)    // the next request of such a key
 * … s3.settings({ endpoint: proxy.url })
 * await proxy.close()
 * ```
 */

import { once } from 'node:events'
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { pipeline } from 'node:stream/promises'
import { readS3Request, type S3Operation, type S3Request } from './s3-request.ts'

/** The server is not asked; this is the answer. */
export interface AnswerFault {
  readonly kind: 'answer'
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Answer while the request still arrives, and never read the rest. */
  readonly early?: boolean
}

export type Fault =
  | AnswerFault
  /** The connection is cut: before the server heard of the request, or after it carried it out. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  /** No answer, until the client or the proxy closes; likewise. */
  | { readonly kind: 'stall'; readonly when: 'before' | 'after' }
  /** The server carried it out, but only the first half of its answer comes back; then a cut, or silence. */
  | { readonly kind: 'truncate'; readonly ending: 'reset' | 'stall' }
  /** The server carried it out and says so; the body, and the headers that tell of the object, are other ones. */
  | { readonly kind: 'replace'; readonly body: string }

export type RequestPredicate = (request: S3Request) => boolean

interface Injected {
  readonly matches: RequestPredicate
  readonly fault: Fault
  times: number
}

/** Headers that go from hop to hop, and those by which an answer is known as one of S3. */
const NOT_IN_WRONG_ANSWERS = new Set(['connection', 'content-length', 'content-type', 'etag', 'keep-alive'])

export class FaultProxy {
  /** All requests that arrived, in order. */
  readonly requests: S3Request[] = []
  /** How many faults were met. */
  faultsMet = 0
  readonly #target: URL
  readonly #server: Server
  readonly #agent = new Agent({ keepAlive: true })
  #injected: Injected[] = []

  private constructor(target: string) {
    this.#target = new URL(target)
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => request.socket.destroy())
    })
  }

  static async start(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy is closed')
    return `http://127.0.0.1:${address.port}`
  }

  /** Lets the next `times` requests that match fail. What was injected first is met first. */
  inject(matching: RequestPredicate | S3Operation, fault: Fault, times = 1): void {
    const matches: RequestPredicate =
      typeof matching === 'function' ? matching : ({ operation }) => operation === matching
    this.#injected.push({ matches, fault, times })
  }

  clear(): void {
    this.#injected = []
  }

  /** Cuts all connections. */
  async close(): Promise<void> {
    this.#agent.destroy()
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const s3Request = readS3Request(request.method ?? '', request.url ?? '/')
    this.requests.push(s3Request)
    const fault = this.#takeFault(s3Request)
    if (fault === undefined) {
      const answer = await this.#forward(request)
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      await pipeline(answer, response)
      return
    }
    this.faultsMet++
    await this.#fail(fault, request, response)
  }

  #takeFault(request: S3Request): Fault | undefined {
    const found = this.#injected.find(({ matches, times }) => times > 0 && matches(request))
    if (found === undefined) return undefined
    found.times--
    return found.fault
  }

  async #fail(fault: Fault, request: IncomingMessage, response: ServerResponse): Promise<void> {
    switch (fault.kind) {
      case 'answer': {
        if (!fault.early) await readAll(request)
        response.writeHead(fault.status, fault.headers)
        response.end(request.method === 'HEAD' ? undefined : fault.body)
        return
      }
      case 'reset':
      case 'stall':
        if (fault.when === 'after') await readAll(await this.#forward(request))
        if (fault.kind === 'reset') request.socket.resetAndDestroy()
        return
      case 'truncate': {
        const answer = await this.#forward(request)
        const body = await readAll(answer)
        // At least one byte is missing, also of an answer that has none.
        const length = request.method === 'HEAD' ? answer.headers['content-length'] : Math.max(body.length, 2)
        response.writeHead(answer.statusCode ?? 502, { ...answer.headers, 'content-length': length })
        const half = body.subarray(0, Math.floor(body.length / 2))
        response.write(half.length === 0 ? ' ' : half, () => {
          if (fault.ending === 'reset') request.socket.destroy()
        })
        return
      }
      case 'replace': {
        const answer = await this.#forward(request)
        await readAll(answer)
        const headers = Object.entries(answer.headers).filter(([name]) => !NOT_IN_WRONG_ANSWERS.has(name))
        response.writeHead(answer.statusCode ?? 502, Object.fromEntries(headers) as Record<string, string>)
        response.end(request.method === 'HEAD' ? undefined : fault.body)
      }
    }
  }

  /** Headers go on as they are: the signature covers them, the name of the host included. */
  async #forward(request: IncomingMessage): Promise<IncomingMessage> {
    const forwarded = httpRequest({
      host: this.#target.hostname,
      port: this.#target.port,
      method: request.method,
      path: request.url,
      headers: request.headers,
      agent: this.#agent,
    })
    const answered = once(forwarded, 'response')
    const sent = pipeline(request, forwarded)
    const [answer] = (await Promise.race([answered, sent.then(() => answered)])) as [IncomingMessage]
    return answer
  }
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function s3Error(status: number, code: string, message: string): AnswerFault {
  return {
    kind: 'answer',
    status,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  }
}

/** The faults that an S3 store must live with. */
export const faults = {
  internalError: s3Error(500, 'InternalError', 'We encountered an internal error. Please try again.'),
  slowDown: s3Error(503, 'SlowDown', 'Please reduce your request rate.'),
  accessDenied: s3Error(403, 'AccessDenied', 'Access Denied'),
  noSuchBucket: s3Error(404, 'NoSuchBucket', 'The specified bucket does not exist'),
  /** A load balancer with nobody behind it. */
  badGateway: { kind: 'answer', status: 502, body: '<html>502 Bad Gateway</html>' },
  /** S3 answers CompleteMultipartUpload with 200 before it knows whether it works. */
  errorIn200: s3Error(200, 'InternalError', 'We encountered an internal error. Please try again.'),
  earlyError: { ...s3Error(500, 'InternalError', 'We encountered an internal error.'), early: true },
  /** A page of somebody else's, with a status that sounds like success. */
  garbage: { kind: 'answer', status: 200, body: '<html><body>Welcome to nginx!</body></html>' },
  garbageAfter: { kind: 'replace', body: '{"ok":true}' },
  resetBefore: { kind: 'reset', when: 'before' },
  resetAfter: { kind: 'reset', when: 'after' },
  stallBefore: { kind: 'stall', when: 'before' },
  stallAfter: { kind: 'stall', when: 'after' },
  truncated: { kind: 'truncate', ending: 'reset' },
  truncatedStall: { kind: 'truncate', ending: 'stall' },
} as const satisfies Readonly<Record<string, Fault>>
