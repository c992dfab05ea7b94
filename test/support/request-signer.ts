/** Signature Version 4 (AWS General Reference) over plain HTTP, made in bulk, and apart from the SDK so that tests can break it. */

import { createHash, createHmac } from 'node:crypto'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const REGION = 'us-east-1'
const SIGNED = 'content-type;host;x-amz-content-sha256;x-amz-date;x-amz-target'
const CONTENT_TYPE = 'application/x-amz-json-1.1'

/** Makes the heads of signed POST requests; the signing key is derived once. */
export class RequestSigner {
  readonly #accessKeyId: string
  readonly #host: string
  readonly #key: Buffer
  readonly #date: string
  readonly #scope: string

  constructor(credentials: Credentials, host: string, now = new Date()) {
    this.#accessKeyId = credentials.accessKeyId
    this.#host = host
    this.#date = now.toISOString().replace(/[:-]|\.\d{3}/g, '')
    const day = this.#date.slice(0, 8)
    this.#scope = `${day}/${REGION}/firehose/aws4_request`
    const parts = [day, REGION, 'firehose', 'aws4_request']
    this.#key = parts.reduce<Buffer>(
      (key, part) => hmac(key, part),
      Buffer.from(`AWS4${credentials.secretAccessKey}`),
    )
  }

  /** The head of a request, up to and with the empty line. @param body  its pieces in order */
  head(operation: string, body: readonly Buffer[]): Buffer {
    const hash = createHash('sha256')
    for (const piece of body) hash.update(piece)
    const bodySha256 = hash.digest('hex')
    const target = `Firehose_20150804.${operation}`
    const headers = [
      `content-type:${CONTENT_TYPE}`,
      `host:${this.#host}`,
      `x-amz-content-sha256:${bodySha256}`,
      `x-amz-date:${this.#date}`,
      `x-amz-target:${target}`,
    ]
    const canonical = `POST\n/\n\n${headers.join('\n')}\n\n${SIGNED}\n${bodySha256}`
    const digest = createHash('sha256').update(canonical).digest('hex')
    const signature = hmac(this.#key, `AWS4-HMAC-SHA256\n${this.#date}\n${this.#scope}\n${digest}`).toString(
      'hex',
    )
    const length = body.reduce((sum, piece) => sum + piece.length, 0)
    const authorization = `AWS4-HMAC-SHA256 Credential=${this.#accessKeyId}/${this.#scope}, SignedHeaders=${SIGNED}, Signature=${signature}`
    return Buffer.from(
      `POST / HTTP/1.1\r\n${headers.join('\r\n')}\r\nauthorization:${authorization}\r\ncontent-length:${length}\r\n\r\n`,
    )
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
