/** What a process uses, from /proc (proc(5)): all its threads together. */

import { readFileSync } from 'node:fs'

/** Of /proc/<pid>/stat on every Linux that Node runs on (sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100
const SAMPLE_MS = 25

/** User and system time. */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The name stands in parentheses and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

export function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
  return Number(kib ?? 0) * 1024
}

/** The most resident memory while `action` runs. */
export async function peakResidentBytes<T>(
  pid: number,
  action: () => Promise<T>,
): Promise<{ readonly result: T; readonly peakBytes: number }> {
  let peakBytes = residentBytes(pid)
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentBytes(pid))
  }, SAMPLE_MS)
  try {
    const result = await action()
    return { result, peakBytes }
  } finally {
    clearInterval(timer)
  }
}
