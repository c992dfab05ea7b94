/** The real clock, disk and chance. */

import { randomBytes, randomUUID } from 'node:crypto'
import * as fs from 'node:fs'
import { promises } from 'node:fs'
import { promisify } from 'node:util'
import { errorCode } from './errors.ts'
import type { Chance, Clock, DirectoryEntry, Disk, DiskFile, OpenOptions, Platform } from './platform.ts'

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, action) => {
    const timer = setTimeout(action, delayMs)
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}

const chance: Chance = {
  bytes: (count) => randomBytes(count),
  uuid: () => randomUUID(),
  fraction: () => Math.random(),
}

// Plain descriptors with promisified calls: a third of the cost of FileHandle on the append path.
const openFile = promisify(fs.open)
const closeFile = promisify(fs.close)
const syncFile = promisify(fs.fdatasync)
const syncAll = promisify(fs.fsync)
const statFile = promisify(fs.fstat)
const truncateFile = promisify(fs.ftruncate)

/**
 * Files open at once in one thread. Thousands of deliveries may be due in the same moment, each with a journal and an
 * object to write; the handles of the process are for connections too.
 */
const HANDLES_MAX = 128
let handles = 0
const waitingForHandle: (() => void)[] = []

async function takeHandle(): Promise<void> {
  if (handles >= HANDLES_MAX) await new Promise<void>((resolve) => waitingForHandle.push(resolve))
  else handles++
}

/** Passes the handle on to who waits for longest. */
function giveHandleBack(): void {
  const next = waitingForHandle.shift()
  if (next === undefined) handles--
  else next()
}

/** How long an `open` waits for a file handle, and how often it asks. */
const HANDLE_WAIT_MS = 10_000
const HANDLE_RETRY_MS = 5

async function openWhenPossible(path: string, flags: number): Promise<number> {
  await takeHandle()
  try {
    return await openRetrying(path, flags)
  } catch (error) {
    giveHandleBack()
    throw error
  }
}

/** When the process has no handle left, waits for others to close theirs: nearly all are open briefly. */
async function openRetrying(path: string, flags: number): Promise<number> {
  const giveUpAtMs = performance.now() + HANDLE_WAIT_MS
  for (;;) {
    try {
      return await openFile(path, flags, 0o600)
    } catch (error) {
      const isFull = ['EMFILE', 'ENFILE'].includes(errorCode(error) ?? '')
      if (!isFull || performance.now() > giveUpAtMs) throw error
      await new Promise((resolve) => setTimeout(resolve, HANDLE_RETRY_MS))
    }
  }
}

async function closeHandle(fd: number): Promise<void> {
  try {
    await closeFile(fd)
  } finally {
    giveHandleBack()
  }
}

class NodeFile implements DiskFile {
  readonly #fd: number

  constructor(fd: number) {
    this.#fd = fd
  }

  async read(buffer: Uint8Array, position: number): Promise<number> {
    let done = 0
    while (done < buffer.length) {
      const count = await readOnce(this.#fd, buffer, done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  }

  async write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    let rest = buffers
    let at = position
    for (;;) {
      const written = await writeOnce(this.#fd, rest, at)
      rest = dropWritten(rest, written)
      if (rest.length === 0) return
      at += written
    }
  }

  datasync(): Promise<void> {
    return syncFile(this.#fd)
  }

  truncate(bytes: number): Promise<void> {
    return truncateFile(this.#fd, bytes)
  }

  async size(): Promise<number> {
    return (await statFile(this.#fd)).size
  }

  close(): Promise<void> {
    return closeHandle(this.#fd)
  }
}

function readOnce(fd: number, buffer: Uint8Array, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, buffer, offset, buffer.length - offset, position, (error, count) =>
      error ? reject(error) : resolve(count),
    )
  })
}

function writeOnce(fd: number, buffers: readonly Uint8Array[], position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.writev(fd, buffers as Uint8Array[], position, (error, count) =>
      error ? reject(error) : resolve(count),
    )
  })
}

/** What is left to write after `written` bytes went out: a disk that fills up takes a part. */
function dropWritten(buffers: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let left = written
  for (const [i, buffer] of buffers.entries()) {
    if (left < buffer.length) return [buffer.subarray(left), ...buffers.slice(i + 1)]
    left -= buffer.length
  }
  return []
}

async function ignoringMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

const disk: Disk = {
  async open(path: string, options: OpenOptions = {}): Promise<DiskFile> {
    const { O_RDWR, O_RDONLY, O_CREAT, O_EXCL } = fs.constants
    const flags = options.readOnly
      ? O_RDONLY
      : O_RDWR | (options.create ? O_CREAT : 0) | (options.exclusive ? O_CREAT | O_EXCL : 0)
    return new NodeFile(await openWhenPossible(path, flags))
  },
  async makeDirectory(path) {
    await promises.mkdir(path, { recursive: true, mode: 0o700 })
  },
  async list(path): Promise<readonly DirectoryEntry[]> {
    const entries = await ignoringMissing(promises.readdir(path, { withFileTypes: true }))
    return (entries ?? []).map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }))
  },
  async size(path) {
    return (await ignoringMissing(promises.stat(path)))?.size
  },
  rename: (from, to) => promises.rename(from, to),
  remove: (path) => promises.rm(path, { recursive: true, force: true }),
  async syncDirectory(path) {
    const fd = await openWhenPossible(path, fs.constants.O_RDONLY)
    try {
      await syncAll(fd)
    } finally {
      await closeHandle(fd)
    }
  },
}

export const nodePlatform: Platform = { clock, disk, chance }
