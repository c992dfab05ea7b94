/** One try of a call: its requests end together, with the caller's signal or with the first failure. */

import type { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import type { EndpointSettings, S3Connection } from './s3-connection.ts'
import type { Payload } from './s3-payload.ts'

export class S3Try {
  readonly sdk: S3Connection['sdk']
  readonly client: S3Client
  /** For every request of this try. */
  readonly options: { readonly abortSignal: AbortSignal }
  readonly #end = new AbortController()
  readonly #requestChecksums: EndpointSettings['requestChecksums']

  constructor({ sdk, client }: S3Connection, { requestChecksums }: EndpointSettings) {
    this.sdk = sdk
    this.client = client
    this.options = { abortSignal: this.#end.signal }
    this.#requestChecksums = requestChecksums
  }

  /** @throws what failed first, or the reason of `signal` */
  async run<T>(signal: AbortSignal, action: () => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const end = () => this.end(signal.reason)
    signal.addEventListener('abort', end)
    try {
      return await action()
    } catch (error) {
      this.end(error)
      throw this.#end.signal.reason
    } finally {
      signal.removeEventListener('abort', end)
    }
  }

  /** Cuts what is still under way. Only the first reason counts. */
  end(reason: unknown): void {
    this.#end.abort(reason)
  }

  /** Lets S3 expect the checksum of each part. */
  get multipartChecksum(): { ChecksumAlgorithm?: 'CRC32' } {
    return this.#requestChecksums === 'WHEN_SUPPORTED' ? { ChecksumAlgorithm: 'CRC32' } : {}
  }

  /** What a command that uploads `payload` takes. */
  uploadInput(payload: Payload): { Body: Readable; ContentLength: number; ChecksumCRC32?: string } {
    const Body = payload.open()
    // A spool file that cannot be read would leave the request waiting for the rest.
    Body.once('error', (error) => this.end(error))
    const checksum = this.#requestChecksums === 'WHEN_SUPPORTED' ? { ChecksumCRC32: payload.crc32 } : {}
    return { Body, ContentLength: payload.length, ...checksum }
  }
}
