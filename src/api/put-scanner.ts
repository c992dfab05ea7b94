/**
 * Finds the stream's name and the base64 of each record in the bytes of a put, without building what `JSON.parse`
 * would. It knows the spellings that clients send; on anything else it gives up, and the request takes the slow path:
 *
 * ```
 * {"DeliveryStreamName":"name","Records":[{"Data":"…"},…]}      PutRecordBatch
 * {"DeliveryStreamName":"name","Record":{"Data":"…"}}           PutRecord
 * ```
 *
 * Members in any order, white space anywhere; no escapes, no other members, none twice.
 */

const QUOTE = 34
const COMMA = 44
const MINUS = 45
const COLON = 58
const EQUALS = 61
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93
const UNDERSCORE = 95
const OPEN_BRACE = 123
const CLOSE_BRACE = 125

const NAME_LENGTH_MAX = 64
const RECORDS_MAX = 500
const RECORD_BYTES_MAX = 1_024_000
const NAME_KEY = Buffer.from('DeliveryStreamName')
const RECORDS_KEY = Buffer.from('Records')
const RECORD_KEY = Buffer.from('Record')
const DATA_KEY = Buffer.from('Data')

/** Characters that may end a group of four before one or two `=`: the bits that no byte uses are zero. */
const LAST_BEFORE_ONE = byteSet('AEIMQUYcgkosw048')
const LAST_BEFORE_TWO = byteSet('AQgw')
const NAME_BYTES = byteSet('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-')

export class PutScanner {
  streamName = ''
  recordCount = 0
  /** Bytes of all records, decoded. */
  dataBytes = 0
  /** Of each record where its base64 starts, and behind the end. */
  readonly starts = new Int32Array(RECORDS_MAX)
  readonly ends = new Int32Array(RECORDS_MAX)
  /** Decoded length of each record. */
  readonly lengths = new Int32Array(RECORDS_MAX)
  #body: Buffer = Buffer.alloc(0)
  #at = 0

  /**
   * @param isBatch  PutRecordBatch, else PutRecord
   * @returns false when the request must take the slow path; what was found holds until the next call
   */
  scan(body: Buffer, isBatch: boolean): boolean {
    this.#body = body
    this.#at = 0
    this.streamName = ''
    this.recordCount = 0
    this.dataBytes = 0
    if (!this.#take(OPEN_BRACE)) return false
    let hasRecords = false
    for (;;) {
      if (this.#takeKey(NAME_KEY)) {
        if (this.streamName !== '' || !this.#takeName()) return false
      } else if (this.#takeKey(isBatch ? RECORDS_KEY : RECORD_KEY)) {
        if (hasRecords || !(isBatch ? this.#takeRecords() : this.#takeRecord())) return false
        hasRecords = true
      } else return false
      if (this.#take(COMMA)) continue
      if (!this.#take(CLOSE_BRACE)) return false
      break
    }
    this.#skipSpace()
    return this.#at === body.length && hasRecords && this.streamName !== '' && this.#isStandardAlphabet()
  }

  #takeRecords(): boolean {
    if (!this.#take(OPEN_BRACKET)) return false
    for (;;) {
      if (this.recordCount === RECORDS_MAX || !this.#takeRecord()) return false
      if (this.#take(COMMA)) continue
      return this.#take(CLOSE_BRACKET)
    }
  }

  #takeRecord(): boolean {
    if (!this.#take(OPEN_BRACE) || !this.#takeKey(DATA_KEY) || !this.#take(QUOTE)) return false
    const start = this.#at
    const end = this.#body.indexOf(QUOTE, start)
    if (end < 0 || (end - start) % 4 !== 0) return false
    const length = this.#decodedLength(start, end)
    if (length < 0 || length > RECORD_BYTES_MAX) return false
    this.starts[this.recordCount] = start
    this.ends[this.recordCount] = end
    this.lengths[this.recordCount] = length
    this.recordCount++
    this.dataBytes += length
    this.#at = end + 1
    return this.#take(CLOSE_BRACE)
  }

  /** -1 when the last group is not one that an encoder makes. */
  #decodedLength(start: number, end: number): number {
    const body = this.#body
    const bytes = ((end - start) / 4) * 3
    if (end === start || body[end - 1] !== EQUALS) return bytes
    if (body[end - 2] !== EQUALS) return LAST_BEFORE_ONE[body[end - 2]!] === 1 ? bytes - 1 : -1
    return LAST_BEFORE_TWO[body[end - 3]!] === 1 ? bytes - 2 : -1
  }

  #takeName(): boolean {
    if (!this.#take(QUOTE)) return false
    const start = this.#at
    let end = start
    while (NAME_BYTES[this.#body[end] ?? 0] === 1) end++
    if (this.#body[end] !== QUOTE || end === start || end - start > NAME_LENGTH_MAX) return false
    this.streamName = this.#body.latin1Slice(start, end)
    this.#at = end + 1
    return true
  }

  /** Takes `"key":`, or nothing when the next member is another. */
  #takeKey(key: Buffer): boolean {
    this.#skipSpace()
    const body = this.#body
    const start = this.#at
    if (body[start] !== QUOTE || body[start + 1 + key.length] !== QUOTE) return false
    for (let i = 0; i < key.length; i++) if (body[start + 1 + i] !== key[i]) return false
    this.#at = start + key.length + 2
    return this.#take(COLON)
  }

  #take(byte: number): boolean {
    this.#skipSpace()
    if (this.#body[this.#at] !== byte) return false
    this.#at++
    return true
  }

  #skipSpace(): void {
    const body = this.#body
    for (let byte = body[this.#at]; byte === 32 || byte === 10 || byte === 13 || byte === 9; ) {
      byte = body[++this.#at]
    }
  }

  /** Node decodes the URL-safe alphabet too, and AWS refuses it. One search finds out for all records. */
  #isStandardAlphabet(): boolean {
    const from = this.starts[0]!
    const to = this.ends[this.recordCount - 1]!
    return (
      !isWithin(this.#body.indexOf(MINUS, from), to) && !isWithin(this.#body.indexOf(UNDERSCORE, from), to)
    )
  }
}

function isWithin(found: number, to: number): boolean {
  return found >= 0 && found < to
}

function byteSet(characters: string): Uint8Array {
  const set = new Uint8Array(256)
  for (const byte of Buffer.from(characters)) set[byte] = 1
  return set
}
