/**
 * PutRecord and PutRecordBatch: from the body's bytes to durable records. A put that the scanner understands is decoded
 * straight into a frame of the log; any other is parsed and checked against the model first, and then takes the same way.
 */

import { ApiError, LogUnavailableError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { Frame } from '../log/frame.ts'
import type { Log } from '../log/log.ts'
import type { DeliveryStream } from '../streams/delivery-stream.ts'
import { batchAnswer, recordAnswer } from './put-answer.ts'
import { PutScanner } from './put-scanner.ts'
import type { Quotas } from './quotas.ts'
import type { RecordIds } from './record-id.ts'

/** @see Firehose quotas: "The PutRecordBatch operation can take up to 500 records per call or 4 MiB per call" */
const CALL_BYTES_MAX = 4_194_304
const SLOW_DOWN = 'Slow down.'

export interface PutsOptions {
  readonly log: Log
  readonly ids: RecordIds
  readonly quotas: Quotas
  readonly accountId: string
  readonly find: (name: string) => DeliveryStream | undefined
  /** Why records of a stream cannot be encrypted now; undefined when they can or need not. */
  readonly encryptionProblem: (stream: DeliveryStream) => string | undefined
  readonly validate: (operation: string, input: JsonObject) => JsonObject
  readonly throttled: (streamName: string, records: number) => void
}

export interface PutAnswer {
  readonly body: Buffer
  readonly streamName: string
  /** Accepted. */
  readonly records: number
  readonly bytes: number
}

/** A put whose records are known, but not decoded yet. */
export interface ReadPut {
  readonly streamName: string
  readonly lengths: Int32Array
  readonly dataBytes: number
  /** Decodes the first `count` records; false when one of them is not the base64 that it seemed. */
  decode(frame: Frame, count: number): boolean
}

export class Puts {
  readonly #options: PutsOptions
  readonly #scanner = new PutScanner()
  #turn = 0

  constructor(options: PutsOptions) {
    this.#options = options
  }

  static isPut(operation: string): boolean {
    return operation === 'PutRecord' || operation === 'PutRecordBatch'
  }

  /** Reads a put without JSON; undefined when it must go through `parsed`. */
  scanned(operation: string, body: Buffer): ReadPut | undefined {
    const scanner = this.#scanner
    if (!scanner.scan(body, operation === 'PutRecordBatch')) return undefined
    const { streamName, recordCount, dataBytes } = scanner
    return {
      streamName,
      lengths: scanner.lengths.subarray(0, recordCount),
      dataBytes,
      decode: (frame, count) => decodeScanned(scanner, body, frame, count),
    }
  }

  /** Reads a put from its JSON. @throws {ApiError} SerializationException, ValidationException */
  parsed(operation: string, json: JsonObject): ReadPut {
    const input = this.#options.validate(operation, json)
    const given = operation === 'PutRecord' ? [input['Record']] : input['Records']
    const records = (Array.isArray(given) ? given : []).map((record) =>
      Buffer.from(String(isJsonObject(record) ? (record['Data'] ?? '') : ''), 'base64'),
    )
    return {
      streamName: String(input['DeliveryStreamName']),
      lengths: Int32Array.from(records, ({ length }) => length),
      dataBytes: records.reduce((sum, { length }) => sum + length, 0),
      decode: (frame, count) => {
        let at = frame.dataStart
        for (const [i, record] of records.slice(0, count).entries()) {
          frame.setLength(i, record.length)
          at += record.copy(frame.bytes, at)
        }
        return true
      },
    }
  }

  /**
   * @returns undefined when the base64 turned out wrong: the put must be read again by `parsed`, which says where
   * @throws {ApiError}
   */
  async store(operation: string, put: ReadPut): Promise<PutAnswer | undefined> {
    const stream = this.#streamOf(put)
    const admitted = this.#admit(operation, stream, put)
    const refused = put.lengths.length - admitted
    const bytes = refused === 0 ? put.dataBytes : sum(put.lengths.subarray(0, admitted))
    const encrypted = stream.encryption.status === 'ENABLED'
    if (admitted === 0) {
      return { body: partialAnswer([], refused, encrypted), streamName: stream.name, records: 0, bytes: 0 }
    }
    const { log, ids } = this.#options
    const frame = log.frame(admitted, bytes)
    if (!put.decode(frame, admitted)) {
      log.release(frame)
      return undefined
    }
    const partition = stream.partitions[this.#turn++ % stream.partitions.length]!
    const baseOffset = await log.append(partition, frame).catch((error: unknown) => {
      if (error instanceof LogUnavailableError)
        throw new ApiError('ServiceUnavailableException', error.message)
      throw error
    })
    const answer = { streamName: stream.name, records: admitted, bytes }
    if (operation === 'PutRecord') {
      return { ...answer, body: recordAnswer(ids, partition, baseOffset, encrypted) }
    }
    if (refused === 0) {
      return { ...answer, body: batchAnswer(ids, partition, baseOffset, admitted, encrypted) }
    }
    const given = Array.from({ length: admitted }, (_, i) => ids.format(partition, baseOffset + i))
    return { ...answer, body: partialAnswer(given, refused, encrypted) }
  }

  #streamOf({ streamName, dataBytes }: ReadPut): DeliveryStream {
    const { accountId } = this.#options
    if (dataBytes > CALL_BYTES_MAX)
      throw new ApiError('InvalidArgumentException', 'Records size exceeds 4 MB limit')
    const stream = this.#options.find(streamName)
    if (stream === undefined) {
      throw new ApiError(
        'ResourceNotFoundException',
        `Firehose ${streamName} under account ${accountId} not found.`,
      )
    }
    if (stream.status !== 'ACTIVE') {
      throw new ApiError(
        'ResourceNotFoundException',
        `Firehose ${streamName} is not active in ${accountId} account.`,
      )
    }
    const problem = this.#options.encryptionProblem(stream)
    if (problem !== undefined) throw new ApiError('InvalidKMSResourceException', problem)
    return stream
  }

  #admit(operation: string, stream: DeliveryStream, { lengths }: ReadPut): number {
    const { quotas, throttled } = this.#options
    if (!quotas.limitsPuts) return lengths.length
    const admitted = quotas.admit(stream.name, lengths)
    if (admitted < lengths.length) throttled(stream.name, lengths.length - admitted)
    if (admitted === 0 && operation === 'PutRecord')
      throw new ApiError('ServiceUnavailableException', SLOW_DOWN)
    return admitted
  }
}

function decodeScanned(scanner: PutScanner, body: Buffer, frame: Frame, count: number): boolean {
  const { starts, ends, lengths } = scanner
  const target = frame.bytes
  let at = frame.dataStart
  for (let i = 0; i < count; i++) {
    const length = lengths[i]!
    // Node skips what is not base64: then fewer bytes come out than the text is long enough for.
    if (length > 0 && target.base64Write(body.latin1Slice(starts[i]!, ends[i]!), at, length) !== length)
      return false
    if (length === 0 && ends[i] !== starts[i]) return false
    frame.setLength(i, length)
    at += length
  }
  return true
}

/** Some records were refused by the emulated quota: the answer is still 200. */
function partialAnswer(recordIds: readonly string[], refused: number, encrypted: boolean): Buffer {
  const failure = { ErrorCode: 'ServiceUnavailableException', ErrorMessage: SLOW_DOWN }
  const responses = [
    ...recordIds.map((RecordId) => ({ RecordId })),
    ...Array.from({ length: refused }, () => failure),
  ]
  return Buffer.from(
    JSON.stringify({ FailedPutCount: refused, Encrypted: encrypted, RequestResponses: responses }),
  )
}

function sum(lengths: Int32Array): number {
  return lengths.reduce((total, length) => total + length, 0)
}
