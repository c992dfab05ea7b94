/** What the machine does without Hydrant: the other column of the table. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync, writevSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateRawSync } from 'node:zlib'
import { logRecords } from './records.ts'

const BARE_SERVER = fileURLToPath(new URL('bare-server.ts', import.meta.url))
const RECYCLED_BYTES = 256 * 2 ** 20
const ZEROES_BYTES = 2 ** 20
const DISK_MS = 1500
const GZIP_BYTES = 64 * 2 ** 20

/** Runs `action` in front of a bare server. */
export async function withBareServer<T>(action: (url: string) => Promise<T>): Promise<T> {
  const child = fork(BARE_SERVER)
  try {
    const [port] = (await once(child, 'message')) as [number]
    return await action(`http://127.0.0.1:${port}`)
  } finally {
    child.kill()
  }
}

export interface DiskLimit {
  readonly bytesPerSecond: number
  readonly syncsPerSecond: number
}

/** Groups of `frames` writes of `frameBytes` with one fdatasync each, on blocks that the file has already. */
export function measureDisk(directory: string, frameBytes: number, frames: number): DiskLimit {
  const folder = mkdtempSync(join(directory, 'disk-'))
  const file = openSync(join(folder, 'recycled'), 'w')
  try {
    const zeroes = Buffer.alloc(ZEROES_BYTES, 1)
    for (let at = 0; at < RECYCLED_BYTES; at += ZEROES_BYTES) writeSync(file, zeroes, 0, ZEROES_BYTES, at)
    fdatasyncSync(file)
    const group = Array.from({ length: frames }, () => Buffer.alloc(frameBytes, 2))
    const groupBytes = frameBytes * frames
    let syncs = 0
    let at = 0
    const startedMs = performance.now()
    while (performance.now() - startedMs < DISK_MS) {
      if (at + groupBytes > RECYCLED_BYTES) at = 0
      writevSync(file, group, at)
      fdatasyncSync(file)
      at += groupBytes
      syncs++
    }
    const seconds = (performance.now() - startedMs) / 1000
    return { bytesPerSecond: (syncs * groupBytes) / seconds, syncsPerSecond: syncs / seconds }
  } finally {
    closeSync(file)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Plain bytes that one thread packs in a second, and how much smaller they become. */
export function measureGzip(level: number): { readonly bytesPerSecond: number; readonly ratio: number } {
  const data = Buffer.concat(logRecords(2 ** 15, 512, 1))
  let packedBytes = 0
  let plainBytes = 0
  const startedMs = performance.now()
  while (plainBytes < GZIP_BYTES) {
    packedBytes += deflateRawSync(data, { level }).length
    plainBytes += data.length
  }
  const seconds = (performance.now() - startedMs) / 1000
  return { bytesPerSecond: plainBytes / seconds, ratio: plainBytes / packedBytes }
}
