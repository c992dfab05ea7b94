/** Kinds of settings: how text from a flag, a variable or the file becomes a value. */

import { resolve } from 'node:path'
import { type DurationUnit, formatBytes, formatDuration, parseBytes, parseDuration } from './units.ts'

/** What a value may depend on besides its own text. */
export interface Surroundings {
  /** Relative paths start here: the file's folder, or the working directory. */
  readonly directory: string
  readonly homeDirectory: string
}

export interface Kind<T> {
  /** Stands for the value in `--help`: `<size>`. */
  readonly placeholder: string
  /** What is allowed, for the reference: "a size from 1 MiB to 1 GiB". */
  readonly allowed: string
  /** The value is never shown. */
  readonly secret?: boolean
  /** @throws {ValueError} when the text is not of this kind */
  parse(text: string, surroundings: Surroundings): T
}

/** The text does not fit; the message goes on after the name of the setting: "must be …". */
export class ValueError extends Error {}

export const text = textOf({ placeholder: 'text', allowed: 'any text', pattern: /^.+$/s })
export const secret: Kind<string> = {
  ...textOf({ placeholder: 'secret', allowed: 'a secret', pattern: /^\S+$/ }),
  secret: true,
}

export function textOf(options: { placeholder: string; allowed: string; pattern: RegExp }): Kind<string> {
  return {
    placeholder: options.placeholder,
    allowed: options.allowed,
    parse: (text) => {
      if (!options.pattern.test(text)) throw new ValueError(`must be ${options.allowed}`)
      return text
    },
  }
}

export function oneOf<const T extends string>(...choices: readonly T[]): Kind<T> {
  return {
    placeholder: choices.join('|'),
    allowed: `one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`,
    parse: (text) => {
      const choice = choices.find((candidate) => candidate.toLowerCase() === text.toLowerCase())
      if (choice === undefined) throw new ValueError(`must be one of ${choices.join(', ')}`)
      return choice
    },
  }
}

export const toggle: Kind<boolean> = {
  placeholder: 'true|false',
  allowed: '`true` or `false`',
  parse: (text) => {
    if (/^(true|1)$/i.test(text)) return true
    if (/^(false|0)$/i.test(text)) return false
    throw new ValueError('must be true or false')
  },
}

export function integer(min: number, max: number): Kind<number> {
  const allowed = `a whole number from ${min} to ${max}`
  return {
    placeholder: 'number',
    allowed,
    parse: (text) => {
      const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
      if (!(value >= min && value <= max)) throw new ValueError(`must be ${allowed}`)
      return value
    },
  }
}

export function size(min: number, max: number): Kind<number> {
  const bounds = `from ${formatBytes(min)} to ${formatBytes(max)}`
  return {
    placeholder: 'size',
    allowed: `a size ${bounds}`,
    parse: (text) => {
      const bytes = parseBytes(text)
      if (bytes === undefined)
        throw new ValueError('must be a size such as 64 MiB, 5 MB or a number of bytes')
      if (bytes < min || bytes > max) throw new ValueError(`must be ${bounds}`)
      return bytes
    },
  }
}

/** In milliseconds; a plain number counts `plainUnit`s. */
export function duration(plainUnit: DurationUnit, minMs: number, maxMs: number): Kind<number> {
  const bounds = `from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`
  return {
    placeholder: 'duration',
    allowed: `a duration ${bounds}; a plain number counts ${plainUnit}`,
    parse: (text) => {
      const ms = parseDuration(text, plainUnit)
      if (ms === undefined)
        throw new ValueError('must be a duration such as 500 ms, 10 s, 5 min, 24 h or 7 d')
      if (ms < minMs || ms > maxMs) throw new ValueError(`must be ${bounds}`)
      return ms
    },
  }
}

/** Absolute once parsed; `~/` is the home directory. */
export const path: Kind<string> = {
  placeholder: 'path',
  allowed: 'a path',
  parse: (text, { directory, homeDirectory }) => {
    if (text === '' || text.includes('\0')) throw new ValueError('must be a path')
    if (text === '~' || text.startsWith('~/')) return resolve(homeDirectory, `.${text.slice(1)}`)
    return resolve(directory, text)
  },
}

/** `127.0.0.1:4573`, `[::1]:4573`, `:4573` (all interfaces); port 0 takes a free one. */
export const address: Kind<{ readonly host: string; readonly port: number }> = {
  placeholder: 'host:port',
  allowed: '`host:port`, `[IPv6]:port` or `:port` (all interfaces); port 0 takes a free one',
  parse: (text) => {
    const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]/]*)):(\d{1,5})$/i.exec(text)
    const port = Number(match?.[3])
    if (match === null || port > 65_535) {
      throw new ValueError('must be host:port, such as 127.0.0.1:4573, [::1]:4573 or :4573')
    }
    return { host: match[1] ?? (match[2] || '::'), port }
  },
}

/** `aws`, or the URL of an S3-compatible server. */
export const endpoint: Kind<string> = {
  placeholder: 'url',
  allowed: 'an `http://` or `https://` URL, or `aws`',
  parse: (text) => {
    if (text === 'aws') return text
    if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
      throw new ValueError('must be a URL such as http://127.0.0.1:9000, or aws')
    }
    const url = new URL(text)
    if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
      throw new ValueError('must be a URL without credentials, query or fragment')
    }
    return text
  },
}
