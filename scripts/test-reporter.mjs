/**
 * What `npm test` prints: one line a file, failures in full, skipped tests with their reasons, and at the end the
 * lines in which node's own reporter counts.
 */

import { relative } from 'node:path'

export default async function* report(events) {
  const failures = []
  const skipped = []
  for await (const { type, data } of events) {
    if (type === 'test:pass' || type === 'test:fail') {
      const file = fileOf(data)
      if (data.skip !== undefined) skipped.push({ file, name: data.name, reason: data.skip })
      else if (type === 'test:fail' && isOwnFailure(data)) failures.push({ file, data })
    } else if (type === 'test:stdout' || type === 'test:stderr') {
      yield data.message
    } else if (type === 'test:summary' && data.file !== undefined) {
      yield fileLine(data)
    } else if (type === 'test:diagnostic' && data.nesting === 0 && data.file === undefined) {
      if (failures.length > 0) yield* describeFailures(failures.splice(0))
      if (skipped.length > 0) yield* describeSkipped(skipped.splice(0))
      yield `ℹ ${data.message}\n`
    }
  }
}

function fileOf(data) {
  return data.file === undefined ? '' : relative(process.cwd(), data.file)
}

/** A suite fails with its tests, and a file with its suites: only the innermost says something. */
function isOwnFailure(data) {
  return data.details?.error?.failureType !== 'subtestsFailed'
}

function fileLine({ file, success, counts, duration_ms }) {
  const seconds = (duration_ms / 1000).toFixed(1)
  const skips = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
  return `${success ? '✔' : '✖'} ${relative(process.cwd(), file)} (${counts.tests} tests${skips}, ${seconds} s)\n`
}

function* describeFailures(failures) {
  yield '\nFailures:\n'
  for (const { file, data } of failures) {
    const error = data.details?.error
    const text =
      error?.cause?.stack ?? error?.cause?.message ?? error?.stack ?? error?.message ?? 'no reason was given'
    yield `\n✖ ${file}: ${data.name}\n${indent(String(text))}\n`
  }
  yield '\n'
}

function* describeSkipped(skipped) {
  yield '\nSkipped:\n'
  for (const { file, name, reason } of skipped) {
    yield `﹣ ${file}: ${name}${typeof reason === 'string' && reason !== '' ? ` (${reason})` : ''}\n`
  }
  yield '\n'
}

function indent(text) {
  return text.replace(/^/gm, '    ')
}
