/** Java's date patterns (java.time.format.DateTimeFormatter.ofPattern), compiled once and printed often. */

import { fieldPrinter } from './date-fields.ts'
import type { ZonedTime } from './zoned-time.ts'

export type DatePrinter = (time: ZonedTime) => string

/** What is wrong with a pattern, in a sentence. */
export class DatePatternError extends Error {}

/** @throws {DatePatternError} for what the JDK refuses */
export function compileDatePattern(pattern: string): DatePrinter {
  const printers: DatePrinter[] = []
  let openSections = 0
  let padTo = 0
  const add = (print: DatePrinter) => {
    const width = padTo
    padTo = 0
    printers.push(width === 0 ? print : (time) => padded(print(time), width))
  }
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at]!
    if (/[A-Za-z]/.test(character)) {
      const count = runLength(pattern, at)
      at += count
      if (character === 'p') {
        if (padTo > 0 || at >= pattern.length || !/[A-Za-z]/.test(pattern[at]!)) {
          throw new DatePatternError(`Pad letter 'p' must be followed by valid pad pattern: ${pattern}`)
        }
        padTo = count
        continue
      }
      add(printerOf(character, count))
    } else if (character === "'") {
      const end = closingQuote(pattern, at)
      const literal = end === at + 1 ? "'" : pattern.slice(at + 1, end).replaceAll("''", "'")
      add(() => literal)
      at = end + 1
    } else if (character === '[' || character === ']') {
      // Every field of an instant in a zone can be printed, so an optional section always is.
      openSections += character === '[' ? 1 : -1
      if (openSections < 0) throw new DatePatternError('Pattern invalid as it contains ] without previous [')
      at++
    } else if ('{}#'.includes(character)) {
      throw new DatePatternError(`Pattern includes reserved character: '${character}'`)
    } else {
      add(() => character)
      at++
    }
  }
  return (time) => printers.map((print) => print(time)).join('')
}

function printerOf(letter: string, count: number): DatePrinter {
  const print = fieldPrinter(letter, count)
  if (print !== undefined) return print
  if (fieldPrinter(letter, 1) === undefined && fieldPrinter(letter, 2) === undefined) {
    throw new DatePatternError(`Unknown pattern letter: ${letter}`)
  }
  throw new DatePatternError(`Too many pattern letters, or too few: ${letter.repeat(count)}`)
}

function runLength(pattern: string, from: number): number {
  let end = from
  while (pattern[end] === pattern[from]) end++
  return end - from
}

/** Position of the quote that ends the one at `from`; two in a row stand for one. */
function closingQuote(pattern: string, from: number): number {
  for (let at = from + 1; at < pattern.length; at++) {
    if (pattern[at] !== "'") continue
    if (pattern[at + 1] !== "'") return at
    if (at === from + 1 && at + 1 === pattern.length) return at
    if (at === from + 1 && pattern[at + 1] !== "'") return at
    at++
  }
  throw new DatePatternError(`Pattern ends with an incomplete string literal: ${pattern}`)
}

function padded(text: string, width: number): string {
  if (text.length > width) {
    throw new DatePatternError(
      `Cannot print as output of ${text.length} characters exceeds pad width of ${width}`,
    )
  }
  return text.padStart(width)
}
