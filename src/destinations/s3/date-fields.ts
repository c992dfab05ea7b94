/** What each letter of a Java date pattern prints (java.time.format.DateTimeFormatter, Locale.US). */

import type { ZonedTime } from './zoned-time.ts'

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
)
const WEEKDAYS = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ')
const DAY_MS = 86_400_000

type Print = (time: ZonedTime) => string

/**
 * @returns what `count` times `letter` prints; undefined when the JDK has no such letter or not that many of it
 */
export function fieldPrinter(letter: string, count: number): Print | undefined {
  return FIELDS[letter]?.(count)
}

const FIELDS: Readonly<Record<string, (count: number) => Print | undefined>> = {
  G: text((_time, style) => ({ short: 'AD', full: 'Anno Domini', narrow: 'A' })[style]),
  u: year((time) => time.year),
  y: year((time) => time.year),
  Y: year((time) => weekYear(time).year),
  M: month,
  L: month,
  Q: quarter,
  q: quarter,
  w: number(2, (time) => weekYear(time).week),
  W: number(1, weekOfMonth),
  d: number(2, (time) => time.day),
  D: number(3, (time) => time.dayOfYear),
  // Java 17 prints the aligned day of week in month, not the ordinal that its documentation promises.
  F: number(1, (time) => ((time.day - 1) % 7) + 1),
  E: weekday,
  e: (count) => (count <= 2 ? number(2, localWeekday)(count) : weekday(count)),
  c: (count) => (count === 1 ? number(1, localWeekday)(count) : count === 2 ? undefined : weekday(count)),
  a: (count) => (count === 1 ? (time) => (time.hour < 12 ? 'AM' : 'PM') : undefined),
  B: (count) => ([1, 4, 5].includes(count) ? dayPeriod : undefined),
  g: number(19, modifiedJulianDay),
  H: number(2, (time) => time.hour),
  k: number(2, (time) => time.hour || 24),
  K: number(2, (time) => time.hour % 12),
  h: number(2, (time) => time.hour % 12 || 12),
  m: number(2, (time) => time.minute),
  s: number(2, (time) => time.second),
  S: (count) => (count <= 9 ? (time) => nanoDigits(time).slice(0, count) : undefined),
  A: number(19, (time) => secondOfDay(time) * 1000 + time.millisecond),
  n: number(19, (time) => time.millisecond * 1_000_000),
  N: (count) => (time) =>
    pad(BigInt(secondOfDay(time)) * 1_000_000_000n + BigInt(time.millisecond * 1_000_000), count),
  V: (count) => (count === 2 ? (time) => time.zone : undefined),
  z: (count) => (count <= 4 ? (time) => zoneName(time, count === 4 ? 'long' : 'short') : undefined),
  O: (count) => {
    if (count === 1) return (time) => localizedOffset(time, false)
    return count === 4 ? (time) => localizedOffset(time, true) : undefined
  },
  X: (count) =>
    count <= 5 ? (time) => (time.offsetSeconds === 0 ? 'Z' : isoOffset(time, count)) : undefined,
  x: (count) => (count <= 5 ? (time) => isoOffset(time, count) : undefined),
  Z: (count) => {
    if (count <= 3) return (time) => isoOffset(time, 4)
    if (count === 4) return (time) => localizedOffset(time, true)
    return count === 5 ? (time) => (time.offsetSeconds === 0 ? 'Z' : isoOffset(time, 5)) : undefined
  },
}

type Style = 'short' | 'full' | 'narrow'

function text(value: (time: ZonedTime, style: Style) => string): (count: number) => Print | undefined {
  return (count) => {
    if (count > 5) return undefined
    const style: Style = count === 5 ? 'narrow' : count === 4 ? 'full' : 'short'
    return (time) => value(time, style)
  }
}

function number(countMax: number, value: (time: ZonedTime) => number): (count: number) => Print | undefined {
  return (count) => (count <= countMax ? (time) => pad(value(time), count) : undefined)
}

function year(value: (time: ZonedTime) => number): (count: number) => Print | undefined {
  return (count) => {
    if (count > 19) return undefined
    return count === 2 ? (time) => pad(value(time) % 100, 2) : (time) => pad(value(time), count)
  }
}

function month(count: number): Print | undefined {
  if (count <= 2) return (time) => pad(time.month, count)
  return text((time, style) => styled(MONTHS[time.month - 1]!, style))(count)
}

function weekday(count: number): Print | undefined {
  return text((time, style) => styled(WEEKDAYS[time.weekday - 1]!, style))(count)
}

function quarter(count: number): Print | undefined {
  const of = (time: ZonedTime) => Math.ceil(time.month / 3)
  if (count <= 2) return (time) => pad(of(time), count)
  return text((time, style) => {
    const ordinal = ['1st', '2nd', '3rd', '4th'][of(time) - 1]!
    return { short: `Q${of(time)}`, full: `${ordinal} quarter`, narrow: String(of(time)) }[style]
  })(count)
}

function styled(name: string, style: Style): string {
  return style === 'full' ? name : name.slice(0, style === 'short' ? 3 : 1)
}

/** Sunday is 1: weeks begin with it in the United States. */
function localWeekday(time: ZonedTime): number {
  return (time.weekday % 7) + 1
}

function weekOfMonth(time: ZonedTime): number {
  const firstWeekday = (((localWeekday(time) - time.day) % 7) + 7) % 7
  return Math.floor((time.day - 1 + firstWeekday) / 7) + 1
}

/** Week 1 is the one that 1 January is in. */
function weekYear(time: ZonedTime): { readonly year: number; readonly week: number } {
  const week = weekCounted(time.dayOfYear, localWeekday(time))
  const daysInYear = (Date.UTC(time.year + 1, 0, 1) - Date.UTC(time.year, 0, 1)) / DAY_MS
  const daysToSaturday = 7 - localWeekday(time)
  if (time.dayOfYear + daysToSaturday > daysInYear) return { year: time.year + 1, week: 1 }
  return { year: time.year, week }
}

function weekCounted(dayOfYear: number, localDay: number): number {
  return Math.floor((dayOfYear - 1 + ((((localDay - dayOfYear) % 7) + 7) % 7)) / 7) + 1
}

/** CLDR's day periods for English. */
function dayPeriod({ hour, minute }: ZonedTime): string {
  if (minute === 0 && hour === 0) return 'midnight'
  if (minute === 0 && hour === 12) return 'noon'
  if (hour < 6 || hour >= 21) return 'at night'
  return hour < 12 ? 'in the morning' : hour < 18 ? 'in the afternoon' : 'in the evening'
}

/** Days since 17 November 1858, by local time. */
function modifiedJulianDay(time: ZonedTime): number {
  return Math.floor((time.epochMs + time.offsetSeconds * 1000) / DAY_MS) + 40_587
}

function secondOfDay(time: ZonedTime): number {
  return time.hour * 3600 + time.minute * 60 + time.second
}

function nanoDigits(time: ZonedTime): string {
  return `${pad(time.millisecond, 3)}000000`
}

/** `+05`, `+0530`, `+05:30`, and with seconds where the zone has them. */
function isoOffset(time: ZonedTime, count: number): string {
  const { sign, hours, minutes, seconds } = offsetParts(time)
  const colon = count === 3 || count === 5 ? ':' : ''
  const hasMinutes = count > 1 || minutes !== 0
  const withMinutes = `${sign}${pad(hours, 2)}${hasMinutes ? `${colon}${pad(minutes, 2)}` : ''}`
  return count >= 4 && seconds !== 0 ? `${withMinutes}${colon}${pad(seconds, 2)}` : withMinutes
}

function localizedOffset(time: ZonedTime, isFull: boolean): string {
  const { sign, hours, minutes, seconds } = offsetParts(time)
  if (time.offsetSeconds === 0) return 'GMT'
  const hasMinutes = isFull || minutes !== 0 || seconds !== 0
  const rest = `${hasMinutes ? `:${pad(minutes, 2)}` : ''}${seconds === 0 ? '' : `:${pad(seconds, 2)}`}`
  return `GMT${sign}${isFull ? pad(hours, 2) : hours}${rest}`
}

function offsetParts(time: ZonedTime) {
  const total = Math.abs(time.offsetSeconds)
  return {
    sign: time.offsetSeconds < 0 ? '-' : '+',
    hours: Math.floor(total / 3600),
    minutes: Math.floor(total / 60) % 60,
    seconds: total % 60,
  }
}

function zoneName(time: ZonedTime, timeZoneName: 'short' | 'long'): string {
  if (time.zone === 'UTC') return timeZoneName === 'short' ? 'UTC' : 'Coordinated Universal Time'
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: time.zone, timeZoneName }).formatToParts(
    time.epochMs,
  )
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? time.zone
}

function pad(value: number | bigint, digits: number): string {
  return String(value).padStart(digits, '0')
}
