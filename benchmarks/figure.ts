/** What a benchmark measures and how it is shown. */

export interface Row {
  readonly figure: string
  readonly ours: string
  /** What the machine does without Hydrant, measured in the same run; empty where there is no such thing. */
  readonly limit: string
  /** Ours of the limit. */
  readonly ratio?: number
  readonly target: string
  readonly isMet?: boolean
}

export interface Bench {
  /** Scratch space on the disk that is measured. */
  readonly directory: string
  /** A tenth of the work: enough to see that everything runs, too short for figures. */
  readonly isQuick: boolean
  /** Bytes of undelivered records that a data directory is opened with. */
  readonly backlogBytes: number
  readonly gzipLevel: number
  readonly say: (text: string) => void
}

export interface Figure {
  readonly name: string
  run(bench: Bench): Promise<readonly Row[]>
}

const COLUMNS = ['figure', 'ours', 'limit', 'ratio', 'target', ''] as const

export function formatTable(rows: readonly Row[]): string {
  const cells = rows.map(({ figure, ours, limit, ratio, target, isMet }) => [
    figure,
    ours,
    limit,
    ratio === undefined ? '' : ratio.toFixed(2),
    target,
    isMet === undefined ? '' : isMet ? 'met' : 'MISSED',
  ])
  const widths = COLUMNS.map((name, column) =>
    Math.max(name.length, ...cells.map((row) => row[column]!.length)),
  )
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [line(COLUMNS), rule, ...cells.map(line)].join('\n')
}

/** The middle one of several passes: neither luck nor a disturbance. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

export function thousands(perSecond: number): string {
  return `${(perSecond / 1000).toFixed(perSecond < 100_000 ? 1 : 0)} k/s`
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`
}
