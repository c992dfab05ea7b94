/**
 * `npm run bench [-- --quick] [--big] [--only a,b,single,…] [--directory path]`: measures each figure beside the limit
 * of the machine in the same run, and prints them in one table. A full run takes under five minutes.
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Bench, type Figure, formatTable, megabytes, type Row } from './figure.ts'
import { backlog } from './figures/backlog.ts'
import { toDirectory, toS3 } from './figures/end-to-end.ts'
import { figureA, figureB, manyStreams, singlePuts } from './figures/intake.ts'
import { visible } from './figures/visible.ts'

const FIGURES: readonly Figure[] = [
  figureA,
  figureB,
  singlePuts,
  manyStreams,
  visible,
  toDirectory,
  toS3,
  backlog,
]
/** That of the server by default. */
const GZIP_LEVEL = 3

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    big: { type: 'boolean', default: false },
    only: { type: 'string' },
    directory: { type: 'string', default: tmpdir() },
    'gzip-level': { type: 'string', default: String(GZIP_LEVEL) },
  },
})

const only = values.only?.split(',')
const unknown = only?.filter((name) => !FIGURES.some((figure) => figure.name === name)) ?? []
if (unknown.length > 0) {
  process.stderr.write(`No figure ${unknown.join(', ')}: ${FIGURES.map(({ name }) => name).join(', ')}\n`)
  process.exit(64)
}

const say = (text: string) => process.stdout.write(`${text}\n`)
const directory = mkdtempSync(join(values.directory, 'hydrant-bench-'))
const bench: Bench = {
  directory,
  isQuick: values.quick,
  backlogBytes: values.quick ? 200e6 : values.big ? 10e9 : 2e9,
  gzipLevel: Number(values['gzip-level']),
  say,
}
// A server started beside does not keep this process alive.
const alive = setInterval(() => undefined, 60_000)
try {
  for (const line of machine()) say(line)
  const rows: Row[] = []
  for (const figure of FIGURES) {
    if (only !== undefined && !only.includes(figure.name)) continue
    const startedMs = performance.now()
    rows.push(...(await figure.run(bench)))
    say(`  ${figure.name}: ${((performance.now() - startedMs) / 1000).toFixed(0)} s`)
  }
  say(`\n${formatTable(rows)}`)
} finally {
  clearInterval(alive)
  rmSync(directory, { recursive: true, force: true })
}

function machine(): readonly string[] {
  const cores = cpus()
  const commit = execFileSync('git', ['describe', '--always', '--dirty'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
  return [
    `machine   ${cores.length} × ${cores[0]?.model.trim()}, ${megabytes(totalmem())} memory, ${process.platform}`,
    `node      ${process.version}, commit ${commit}`,
    `settings  defaults, one caller, gzip level ${bench.gzipLevel}, scratch in ${values.directory}${bench.isQuick ? ', QUICK: no figures to quote' : ''}`,
  ]
}
