/**
 * Clock, disk and chance: all that a simulation replaces. Code that decides about records takes time,
 * files and random bytes from here and from nowhere else.
 */

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  now(): number
  /** Milliseconds that only ever grow; for durations. */
  monotonic(): number
  /** Calls `action` once, `delayMs` from now. Timers do not keep the process alive. */
  after(delayMs: number, action: () => void): Timer
}

export interface OpenOptions {
  /** Create the file when it is missing. */
  readonly create?: boolean
  /** Fail when the file exists. */
  readonly exclusive?: boolean
  /** Open for reading only. */
  readonly readOnly?: boolean
}

export interface DiskFile {
  /** Fills `buffer` from `position`; returns the bytes read, fewer only at the end of the file. */
  read(buffer: Uint8Array, position: number): Promise<number>
  /** Writes all `buffers`, one behind the other, from `position`. Durable only after `datasync`. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>
  /** Resolves when every write so far is on stable storage. A failure must not be retried on this file. */
  datasync(): Promise<void>
  truncate(bytes: number): Promise<void>
  size(): Promise<number>
  close(): Promise<void>
}

export interface DirectoryEntry {
  readonly name: string
  readonly isDirectory: boolean
}

/** Errors are those of `node:fs`, with their `code` (`ENOENT`, `ENOSPC`, …). Paths are absolute. */
export interface Disk {
  open(path: string, options?: OpenOptions): Promise<DiskFile>
  /** Makes the directory and its parents; no error when it exists. */
  makeDirectory(path: string): Promise<void>
  /** Entries by name; an empty list when the directory is missing. */
  list(path: string): Promise<readonly DirectoryEntry[]>
  /** Size in bytes; undefined when nothing is there. */
  size(path: string): Promise<number | undefined>
  /** Atomic; durable only after `syncDirectory` of the parents of both names. */
  rename(from: string, to: string): Promise<void>
  /** Removes a file or a whole directory; no error when nothing is there. */
  remove(path: string): Promise<void>
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>
}

export interface Chance {
  bytes(count: number): Buffer
  /** A version 4 UUID, lower case, with hyphens. */
  uuid(): string
  /** Uniform in [0, 1). */
  fraction(): number
}

export interface Platform {
  readonly clock: Clock
  readonly disk: Disk
  readonly chance: Chance
}
