/** Sizes and durations as people write them. */

const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1e3,
  min: 60e3,
  h: 3600e3,
  d: 86_400e3,
}

export type DurationUnit = 'ms' | 's' | 'min' | 'h' | 'd'

/** `5 MB` (5,000,000), `256MiB` (2^28) or a plain number of bytes; undefined when it is none of these. */
export function parseBytes(text: string): number | undefined {
  return parseAmount(text, BYTES_PER_UNIT, '')
}

/** `500 ms`, `10 s`, `5 min`, `24h`, `7 d` or a plain number of `plainUnit`s, in milliseconds. */
export function parseDuration(text: string, plainUnit: DurationUnit): number | undefined {
  return parseAmount(text, MS_PER_UNIT, plainUnit)
}

function parseAmount(
  text: string,
  units: Readonly<Record<string, number>>,
  plainUnit: string,
): number | undefined {
  const match = /^(\d{1,16}(?:\.\d{1,9})?) ?([a-z]*)$/i.exec(text.trim())
  if (match === null) return undefined
  const unit = match[2]!.toLowerCase() || plainUnit
  if (!Object.hasOwn(units, unit)) return undefined
  const amount = Math.round(Number(match[1]) * units[unit]!)
  return Number.isSafeInteger(amount) ? amount : undefined
}

/** `256 MiB`, `5 MB`, `1234 B`: the largest unit that needs no fraction. */
export function formatBytes(bytes: number): string {
  for (const unit of ['TiB', 'TB', 'GiB', 'GB', 'MiB', 'MB', 'KiB', 'kB']) {
    const size = BYTES_PER_UNIT[unit.toLowerCase()]!
    if (bytes >= size && bytes % size === 0) return `${bytes / size} ${unit}`
  }
  return `${bytes} B`
}

/** `24 h`, `90 s`, `250 ms`: the largest unit that needs no fraction. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'min', 's']) {
    const length = MS_PER_UNIT[unit]!
    if (ms >= length && ms % length === 0) return `${ms / length} ${unit}`
  }
  return `${ms} ms`
}
