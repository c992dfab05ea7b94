/** Records that say which they are: `<number> <filler>\n`, with text that packs about as well as logs do. */

import { readObject, type StoredObject } from '../support/objects.ts'
import type { SeededChance } from '../support/seeded-chance.ts'
import type { Tally } from './ledger.ts'

const NUMBER_CHARACTERS_MAX = 12
const LINE = 0x0a
const SPACE = 0x20
const ZERO = 0x30
const WORDS = [
  'GET',
  'POST',
  '/orders',
  '/basket',
  '200',
  '404',
  'Mozilla/5.0',
  'curl/8.5',
  '17ms',
  'eu-west',
]

export function numberedRecord(number: number, chance: SeededChance): Buffer {
  const words = Array.from({ length: chance.whole(1, 40) }, () => chance.pick(WORDS))
  return Buffer.from(`${number} ${words.join(' ')}\n`)
}

/** Counts the records of an object. */
export function countRecords(object: StoredObject, tally: Tally): void {
  const bytes = readObject(object)
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(LINE, at)
    const number = end < 0 ? -1 : parseNumber(bytes, at)
    if (number < 0) tally.unreadable++
    else tally.add(number)
    if (end < 0) return
    at = end + 1
  }
}

function parseNumber(bytes: Buffer, from: number): number {
  let number = 0
  for (let at = from; at < from + NUMBER_CHARACTERS_MAX; at++) {
    const byte = bytes[at]!
    if (byte === SPACE && at > from) return number
    if (byte < ZERO || byte > ZERO + 9) return -1
    number = number * 10 + byte - ZERO
  }
  return -1
}
