/**
 * RecordIds: 20 characters that say where a record lies in the log.
 *
 * ```
 * 5  partition, 30 bits
 * 9  offset, 54 bits
 * 6  check: 32 bits of both, mixed with a secret of this data directory
 * ```
 *
 * Six bits a character, most significant first, in the URL-safe alphabet of base64. The check keeps an id from being
 * made up by accident; it is no proof against an attacker.
 */

import type { Offset, PartitionId } from '../record.ts'

export const RECORD_ID_LENGTH = 20
const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', 'latin1')
const SPLIT = 2 ** 30

export interface RecordPosition {
  readonly partition: PartitionId
  readonly offset: Offset
}

export class RecordIds {
  readonly #keys: Int32Array

  /** @param secret  16 bytes */
  constructor(secret: Buffer) {
    this.#keys = Int32Array.from({ length: 4 }, (_, i) => secret.readInt32LE(4 * i))
  }

  /** Writes an id into `target`, without making a string. */
  write(target: Buffer, at: number, partition: PartitionId, offset: Offset): void {
    const high = Math.floor(offset / SPLIT)
    const low = offset % SPLIT
    const check = this.#check(partition, high, low)
    writeDigits(target, at, partition, 5)
    writeDigits(target, at + 5, high, 4)
    writeDigits(target, at + 9, low, 5)
    target[at + 14] = ALPHABET[check >>> 30]!
    writeDigits(target, at + 15, check & (SPLIT - 1), 5)
  }

  format(partition: PartitionId, offset: Offset): string {
    const bytes = Buffer.allocUnsafe(RECORD_ID_LENGTH)
    this.write(bytes, 0, partition, offset)
    return bytes.latin1Slice()
  }

  /** @returns undefined for what is no id of this data directory */
  parse(id: string): RecordPosition | undefined {
    if (!/^[A-Za-z0-9_-]{20}$/.test(id)) return undefined
    const partition = readDigits(id, 0, 5)
    const offset = readDigits(id, 5, 9) * SPLIT + readDigits(id, 9, 14)
    return this.format(partition, offset) === id ? { partition, offset } : undefined
  }

  /** A keyed murmur3 finish over the three words. */
  #check(partition: number, high: number, low: number): number {
    const keys = this.#keys
    let hash = mix(keys[0]! ^ partition)
    hash = mix(hash ^ keys[1]! ^ high)
    hash = mix(hash ^ keys[2]! ^ low)
    return mix(hash ^ keys[3]!) >>> 0
  }
}

function mix(value: number): number {
  let hash = value ^ (value >>> 16)
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

function writeDigits(target: Buffer, at: number, value: number, digits: number): void {
  let rest = value
  for (let i = at + digits - 1; i >= at; i--) {
    target[i] = ALPHABET[rest & 63]!
    rest >>>= 6
  }
}

function readDigits(id: string, from: number, to: number): number {
  let value = 0
  for (let i = from; i < to; i++) value = value * 64 + ALPHABET.indexOf(id.charCodeAt(i))
  return value
}
