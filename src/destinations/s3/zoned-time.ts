/** An instant in a time zone, taken apart into fields. Offsets come from Intl, which Node ships with. */

export interface ZonedTime {
  readonly zone: string
  readonly epochMs: number
  /** Of local time, seconds east of UTC. */
  readonly offsetSeconds: number
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
  /** 1 Monday to 7 Sunday. */
  readonly weekday: number
  readonly dayOfYear: number
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()
/** The offset of each zone for the quarter of an hour that was asked for last: no zone changes within one. */
const lastOffsets = new Map<string, { readonly quarter: number; readonly seconds: number }>()

export function zonedTime(epochMs: number, zone: string): ZonedTime {
  const offsetSeconds = zone === 'UTC' ? 0 : offsetOf(epochMs, zone)
  const local = new Date(epochMs + offsetSeconds * 1000)
  const year = local.getUTCFullYear()
  return {
    zone,
    epochMs,
    offsetSeconds,
    year,
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    millisecond: local.getUTCMilliseconds(),
    weekday: local.getUTCDay() === 0 ? 7 : local.getUTCDay(),
    dayOfYear: Math.floor((local.getTime() - Date.UTC(year, 0, 1)) / DAY_MS) + 1,
  }
}

/** Whether the zone is one of the IANA data base, by region or by an old alias. */
export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

function offsetOf(epochMs: number, zone: string): number {
  const quarter = Math.floor(epochMs / (15 * MINUTE_MS))
  const last = lastOffsets.get(zone)
  if (last?.quarter === quarter) return last.seconds
  const parts = new Map(
    formatOf(zone)
      .formatToParts(epochMs)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0
  const local = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  )
  const seconds = Math.round((local - Math.floor(epochMs / 1000) * 1000) / 1000)
  lastOffsets.set(zone, { quarter, seconds })
  return seconds
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(zone, format)
  }
  return format
}
