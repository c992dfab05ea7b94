/** Damage done to valid input: by bytes, by text, and by the values of a JSON tree. The same for the same seed. */

import type { SeededChance } from '../support/seeded-chance.ts'

/** What has broken parsers before. */
const TEXTS = [
  '',
  ' ',
  '\0',
  '\n',
  '\r\n',
  '"',
  '\\',
  '\\u0000',
  '\ud800',
  '\u2028',
  '\ufeff',
  'null',
  'NaN',
  '{}',
  '[]',
  '%00',
  '../..',
  '!{',
  '!{}',
  '!{timestamp:',
  '!{firehose:random-string}',
  '!{partitionKeyFromQuery:x}',
  '${A}',
  '\u{1f600}',
  'ａ',
  'İ',
  '=',
  '====',
  'AAAA',
  'a'.repeat(5000),
  '-0',
  '1e999',
  '9007199254740993',
]
const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  129,
  901,
  1e21,
  -1e308,
  2 ** 53,
  '',
  'x',
  'true',
  '1',
  [],
  {},
  [[]],
  [null],
  { a: 1 },
  { __proto__: null },
  ...TEXTS,
]
/** Members that a parser could take for something else. */
const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  '',
  'DeliveryStreamName',
  'deliverystreamname',
  'Tags',
  '\0',
  'x',
]

export function mutateText(chance: SeededChance, text: string): string {
  const at = chance.whole(0, text.length)
  const to = Math.min(text.length, at + chance.whole(0, 8))
  switch (chance.whole(0, 5)) {
    case 0:
      return text.slice(0, at)
    case 1:
      return text.slice(0, at) + text.slice(to)
    case 2:
      return text.slice(0, at) + chance.pick(TEXTS) + text.slice(at)
    case 3:
      return text.slice(0, at) + chance.pick(TEXTS) + text.slice(to)
    case 4:
      return text.slice(0, to) + text.slice(at)
    default:
      return text.slice(0, at) + String.fromCharCode(chance.whole(0, 0x17f)) + text.slice(at + 1)
  }
}

export function mutateBytes(chance: SeededChance, bytes: Buffer): Buffer {
  const mutated = Buffer.from(bytes)
  for (let flips = chance.whole(1, 4); flips > 0 && mutated.length > 0; flips--) {
    mutated[chance.whole(0, mutated.length - 1)] = chance.whole(0, 255)
  }
  return chance.fraction() < 0.3 ? mutated.subarray(0, chance.whole(0, mutated.length)) : mutated
}

/** Replaces, adds or removes one value somewhere in a tree. */
export function mutateTree(chance: SeededChance, value: unknown): unknown {
  if (chance.fraction() < 0.2 || typeof value !== 'object' || value === null) {
    return typeof value === 'string' && chance.fraction() < 0.5
      ? mutateText(chance, value)
      : chance.pick(VALUES)
  }
  if (Array.isArray(value)) {
    if (value.length === 0 || chance.fraction() < 0.2) return [...value, chance.pick(VALUES)]
    const at = chance.whole(0, value.length - 1)
    return value.map((item, index) => (index === at ? mutateTree(chance, item) : item))
  }
  const members = Object.entries(value)
  const roll = chance.fraction()
  if (members.length === 0 || roll < 0.15)
    return Object.fromEntries([...members, [chance.pick(NAMES), chance.pick(VALUES)]])
  const at = chance.whole(0, members.length - 1)
  if (roll < 0.3) return Object.fromEntries(members.filter((_, index) => index !== at))
  return Object.fromEntries(
    members.map(([name, item], index) => (index === at ? [name, mutateTree(chance, item)] : [name, item])),
  )
}

/** A tree too deep for a parser that recurses without a bound. */
export function deepJson(chance: SeededChance): string {
  const depth = chance.whole(100, 100_000)
  const [open, close] = chance.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const)
  return open.repeat(depth) + (open === '[' ? '' : '1') + close.repeat(depth)
}
