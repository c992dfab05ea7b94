/** What a load generator sends: the same in front of Hydrant and of the server it is compared with. */

import { type Credentials, RequestSigner } from '../test/support/request-signer.ts'
import { logRecords } from './records.ts'

export interface Work {
  readonly operation: 'PutRecord' | 'PutRecordBatch'
  readonly recordBytes: number
  readonly recordsPerCall: number
  readonly calls: number
  readonly connections: number
  /** Calls go to them in turn. */
  readonly streams: readonly string[]
  readonly credentials: Credentials
  readonly seed: number
}

export interface PreparedRequest {
  /** Head and body: written as they are. */
  readonly pieces: readonly Buffer[]
}

/** Different bodies; more would only cost memory. */
const BODIES_MAX = 32
const SINGLE_BODIES_MAX = 2000

/** Signs every request of a work; the server checks each as if it were new. */
export function prepareRequests(work: Work, host: string): readonly PreparedRequest[] {
  const signer = new RequestSigner(work.credentials, host)
  const bodies = Math.min(work.calls, work.recordsPerCall === 1 ? SINGLE_BODIES_MAX : BODIES_MAX)
  const records = logRecords(bodies * work.recordsPerCall, work.recordBytes, work.seed)
  const payloads = Array.from({ length: bodies }, (_, i) =>
    payload(work.operation, records.slice(i * work.recordsPerCall, (i + 1) * work.recordsPerCall)),
  )
  const requests = Math.max(bodies, work.streams.length)
  return Array.from({ length: Math.min(work.calls, requests) }, (_, i) => {
    const stream = work.streams[i % work.streams.length]
    const body = [Buffer.from(`{"DeliveryStreamName":"${stream}",`), payloads[i % bodies]!]
    return { pieces: [signer.head(work.operation, body), ...body] }
  })
}

/** All of the body behind the stream's name. */
function payload(operation: Work['operation'], records: readonly Buffer[]): Buffer {
  const data = records.map((record) => `{"Data":"${record.toString('base64')}"}`)
  return Buffer.from(operation === 'PutRecord' ? `"Record":${data[0]}}` : `"Records":[${data.join()}]}`)
}

export function dataBytes(work: Work): number {
  return work.calls * work.recordsPerCall * work.recordBytes
}
