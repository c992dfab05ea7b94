/**
 * A disk in memory that can fail, fill up and lose power. What was not synced when it loses power survives as a
 * `CrashPolicy` says: writes whole, torn or not at all, names of files as well.
 */

import { dirname } from 'node:path'
import type { DirectoryEntry, Disk, DiskFile, OpenOptions } from '../../src/platform.ts'
import type { CrashPolicy } from './crash-policy.ts'
import { SimulatedFile } from './simulated-file.ts'
import { type Entry, SimulatedNames } from './simulated-names.ts'

export type DiskOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'datasync'
  | 'truncate'
  | 'fileSize'
  | 'close'
  | 'makeDirectory'
  | 'list'
  | 'size'
  | 'rename'
  | 'remove'
  | 'syncDirectory'

/** Those that change what is on the disk, or what of it is durable. */
export const CHANGING: ReadonlySet<DiskOperation> = new Set([
  'open',
  'write',
  'datasync',
  'truncate',
  'makeDirectory',
  'rename',
  'remove',
  'syncDirectory',
])

export interface Fault {
  readonly operation: DiskOperation
  /** `ENOSPC`, `EIO`, `EROFS`, … */
  readonly code: string
  /** Operations of this kind that still succeed; 0 by default. */
  readonly skip?: number
  /** How many fail then; 1 by default, Infinity for good. */
  readonly times?: number
  /** Only files whose path holds this. */
  readonly path?: string
}

/** The power is gone: whoever still uses this disk is a process that is no more. */
export class CrashError extends Error {
  constructor() {
    super('The simulated machine lost power.')
    this.name = 'CrashError'
  }
}

export class SimulatedDisk implements Disk {
  readonly #names: SimulatedNames
  #faults: { readonly fault: Fault; skip: number; times: number }[] = []
  #isOff = false
  /** Bytes of all files together, by pages of 4096. */
  capacityBytes = Infinity
  /** Called before each operation; a throw is its failure. */
  beforeOperation: ((operation: DiskOperation, path: string) => void) | undefined
  /** How many turns of the promise queue an operation takes: a seeded number mixes the order of what runs at once. */
  turns: (operation: DiskOperation) => number = () => 1
  /** How often each operation was carried out, failures included. */
  readonly counts = new Map<DiskOperation, number>()

  /** @param directories  that are there from the beginning, parents first */
  constructor(directories: readonly string[] = [], names: SimulatedNames = new SimulatedNames()) {
    this.#names = names
    for (const path of directories) {
      names.create(path, 'directory')
      names.sync(dirname(path))
    }
  }

  /** Cuts the power: every operation from here on fails with `CrashError`. */
  turnOff(): void {
    this.#isOff = true
  }

  /** Cuts the power and returns the disk as it is found afterwards. Faults, hooks and counts are left behind. */
  crash(policy: CrashPolicy): SimulatedDisk {
    this.turnOff()
    const disk = new SimulatedDisk([], this.#names.afterCrash(policy))
    disk.capacityBytes = this.capacityBytes
    return disk
  }

  /** Ends the process that uses the disk and keeps the machine up: what was not synced is still there, and not yet safe. */
  kill(): SimulatedDisk {
    this.turnOff()
    const disk = new SimulatedDisk([], this.#names)
    disk.capacityBytes = this.capacityBytes
    return disk
  }

  inject(fault: Fault): void {
    this.#faults.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 })
  }

  clearFaults(): void {
    this.#faults = []
  }

  count(operation: DiskOperation): number {
    return this.counts.get(operation) ?? 0
  }

  /** Changes a byte at rest. */
  flip(path: string, position: number, mask = 1): void {
    this.#fileAt(path).flip(position, mask)
  }

  /** The whole content of a file, as a reader sees it. */
  contentOf(path: string): Buffer {
    const { content } = this.#fileAt(path)
    const bytes = Buffer.alloc(content.size)
    content.read(bytes, 0)
    return bytes
  }

  /** All files below a directory, sorted. */
  filesIn(directory: string): readonly string[] {
    const paths: string[] = []
    for (const [path, entry] of this.#names.seen) {
      if (entry !== 'directory' && path.startsWith(`${directory}/`)) paths.push(path)
    }
    return paths.sort()
  }

  get usedBytes(): number {
    const files = new Set([...this.#names.seen.values()].filter((entry) => entry !== 'directory'))
    let bytes = 0
    for (const file of files) bytes += file.content.allocatedBytes
    return bytes
  }

  async open(path: string, options: OpenOptions = {}): Promise<DiskFile> {
    await this.#begin('open', path)
    let entry = this.#names.seen.get(path)
    if (entry === 'directory') throw failure('EISDIR', 'open', path)
    if (entry !== undefined && options.exclusive) throw failure('EEXIST', 'open', path)
    if (entry === undefined) {
      if (!options.create && !options.exclusive) throw failure('ENOENT', 'open', path)
      this.#requireDirectory(dirname(path), 'open', path)
      entry = new SimulatedFile()
      this.#names.create(path, entry)
    }
    return new OpenFile(entry, path, options.readOnly === true, {
      begin: (operation) => this.#begin(operation, path),
      roomBytes: () => this.capacityBytes - this.usedBytes,
    })
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#begin('makeDirectory', path)
    this.#makeDirectory(path)
  }

  async list(path: string): Promise<readonly DirectoryEntry[]> {
    await this.#begin('list', path)
    const entries: DirectoryEntry[] = []
    for (const [other, entry] of this.#names.seen) {
      if (other === '/' || dirname(other) !== path) continue
      entries.push({
        name: other.slice(path === '/' ? 1 : path.length + 1),
        isDirectory: entry === 'directory',
      })
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async size(path: string): Promise<number | undefined> {
    await this.#begin('size', path)
    const entry = this.#names.seen.get(path)
    if (entry === undefined) return undefined
    return entry === 'directory' ? 0 : entry.content.size
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#begin('rename', from)
    if (!this.#names.seen.has(from)) throw failure('ENOENT', 'rename', from)
    this.#requireDirectory(dirname(to), 'rename', to)
    this.#names.rename(from, to)
  }

  async remove(path: string): Promise<void> {
    await this.#begin('remove', path)
    if (this.#names.seen.has(path)) this.#names.remove(path)
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#begin('syncDirectory', path)
    this.#requireDirectory(path, 'syncDirectory', path)
    this.#names.sync(path)
  }

  /** Passes the time that an operation takes, and fails where a fault says so. */
  async #begin(operation: DiskOperation, path: string): Promise<void> {
    for (let turn = this.turns(operation); turn > 0; turn--) await undefined
    if (this.#isOff) throw new CrashError()
    this.beforeOperation?.(operation, path)
    this.counts.set(operation, this.count(operation) + 1)
    for (const state of this.#faults) {
      if (state.fault.operation !== operation || !path.includes(state.fault.path ?? '')) continue
      if (state.skip-- > 0) continue
      if (state.times-- > 0) throw failure(state.fault.code, operation, path)
    }
  }

  #makeDirectory(path: string): void {
    const entry = this.#names.seen.get(path)
    if (entry === 'directory') return
    if (entry !== undefined) throw failure('EEXIST', 'makeDirectory', path)
    this.#makeDirectory(dirname(path))
    this.#names.create(path, 'directory')
  }

  #requireDirectory(path: string, operation: DiskOperation, asked: string): void {
    if (this.#names.seen.get(path) !== 'directory') throw failure('ENOENT', operation, asked)
  }

  #fileAt(path: string): SimulatedFile {
    const entry: Entry | undefined = this.#names.seen.get(path)
    if (entry === undefined || entry === 'directory') throw failure('ENOENT', 'open', path)
    return entry
  }
}

class OpenFile implements DiskFile {
  readonly #file: SimulatedFile
  readonly #path: string
  readonly #isReadOnly: boolean
  readonly #disk: { begin(operation: DiskOperation): Promise<void>; roomBytes(): number }
  #isClosed = false

  constructor(
    file: SimulatedFile,
    path: string,
    isReadOnly: boolean,
    disk: { begin(operation: DiskOperation): Promise<void>; roomBytes(): number },
  ) {
    this.#file = file
    this.#path = path
    this.#isReadOnly = isReadOnly
    this.#disk = disk
  }

  async read(buffer: Uint8Array, position: number): Promise<number> {
    await this.#begin('read')
    return this.#file.content.read(buffer, position)
  }

  async write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    if (this.#isReadOnly) throw failure('EBADF', 'write', this.#path)
    await this.#begin('write')
    const bytes = Buffer.concat(buffers)
    const fits = this.#file.content.writable(position, bytes.length, this.#disk.roomBytes())
    this.#file.write(bytes.subarray(0, fits), position)
    if (fits < bytes.length) throw failure('ENOSPC', 'write', this.#path)
  }

  async datasync(): Promise<void> {
    try {
      await this.#begin('datasync')
    } catch (error) {
      if (!(error instanceof CrashError)) this.#file.forgetUnsynced()
      throw error
    }
    this.#file.sync()
  }

  async truncate(bytes: number): Promise<void> {
    if (this.#isReadOnly) throw failure('EBADF', 'truncate', this.#path)
    await this.#begin('truncate')
    this.#file.truncate(bytes)
  }

  async size(): Promise<number> {
    await this.#begin('fileSize')
    return this.#file.content.size
  }

  async close(): Promise<void> {
    await this.#begin('close')
    this.#isClosed = true
  }

  async #begin(operation: DiskOperation): Promise<void> {
    if (this.#isClosed) throw failure('EBADF', operation, this.#path)
    await this.#disk.begin(operation)
  }
}

function failure(code: string, operation: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${operation} '${path}'`), { code })
}
