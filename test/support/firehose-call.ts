/** Calls an operation over plain HTTP, for what SDKs do not let a test do: no retries, no checks, the answer as it is. */

import { Agent, request } from 'node:http'

const TIMEOUT_MS = 20_000

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
}

/** A client with connections of its own, kept open between calls. */
export class FirehoseCalls {
  readonly #url: string
  readonly #agent: Agent

  constructor(url: string, connections = 64) {
    this.#url = url
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  /** Rejects when there is no answer: refused, reset, or silent for 20 s. */
  send(operation: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}) {
    return new Promise<Answer>((resolve, reject) => {
      const call = request(this.#url, {
        method: 'POST',
        agent: this.#agent,
        timeout: TIMEOUT_MS,
        headers: {
          'Content-Type': 'application/x-amz-json-1.1',
          'X-Amz-Target': `Firehose_20150804.${operation}`,
          'Content-Length': Buffer.byteLength(body),
          ...headers,
        },
      })
      call.on('timeout', () => call.destroy(new Error(`no answer for ${TIMEOUT_MS} ms`)))
      call.on('error', reject)
      call.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        )
      })
      call.end(body)
    })
  }

  /** Calls an operation that must succeed. */
  async call(operation: string, input: object): Promise<Record<string, unknown>> {
    const { status, text } = await this.send(operation, JSON.stringify(input))
    if (status !== 200) throw new Error(`${operation}: ${status} ${text}`)
    return JSON.parse(text)
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** An extended S3 destination as CreateDeliveryStream wants it, with the hints of a test in a hurry. */
export function s3Destination(bucket: string, change: object = {}) {
  return {
    RoleARN: 'arn:aws:iam::000000000000:role/hydrant',
    BucketARN: `arn:aws:s3:::${bucket}`,
    BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 },
    ...change,
  }
}
