/** API_COVERAGE.md as data: the rows of its tables, by heading. */

import { readFileSync } from 'node:fs'

export type Status = 'Supported' | 'Off only' | 'Refused'

export interface CoverageRow {
  /** Of an operation, a member (with its path) or a value of an enum. */
  readonly name: string
  readonly status: Status
}

const STATUSES: readonly string[] = ['Supported', 'Off only', 'Refused'] satisfies Status[]

/** Tables whose rows begin with a name in code marks; others explain. */
export function readCoverage(): ReadonlyMap<string, readonly CoverageRow[]> {
  const text = readFileSync(new URL('../../API_COVERAGE.md', import.meta.url), 'utf8')
  const tables = new Map<string, CoverageRow[]>()
  let heading = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('## ')) heading = line.slice(3)
    const row = /^\| `([^`]+)` \| ([^|]+) \|/.exec(line)
    if (row === null) continue
    const [, name = '', status = ''] = row
    if (!STATUSES.includes(status)) throw new Error(`API_COVERAGE.md: "${status}" of ${name} is no status.`)
    tables.set(heading, [...(tables.get(heading) ?? []), { name, status: status as Status }])
  }
  return tables
}
