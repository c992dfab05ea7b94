/**
 * One server at a time uses a data directory. The lock is an exclusive transaction on an empty SQLite file: a file
 * lock of the operating system, which ends with the process, however it ends. A pid beside it is for messages only.
 *
 * Nothing but this module may open `lock.sqlite`: closing any descriptor of a file drops the process's locks on it.
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { errorCode, OperatorError } from './errors.ts'
import { EXIT } from './exit-codes.ts'

const SQLITE_BUSY = 5

export class DataDirectory {
  readonly path: string
  readonly #lock: DatabaseSync
  readonly #pidPath: string

  /**
   * Makes the directory when it is missing, and takes it for this process.
   * @throws {OperatorError} when it cannot be written, or another server has it
   */
  constructor(path: string) {
    this.path = path
    this.#pidPath = join(path, 'server.pid')
    makeDirectory(path)
    this.#lock = lock(path, this.#pidPath)
    try {
      writeFileSync(this.#pidPath, `${process.pid}\n`)
    } catch (error) {
      this.#lock.close()
      throw cannotWrite(path, error)
    }
  }

  /** Lets another server have the directory. */
  close(): void {
    rmSync(this.#pidPath, { force: true })
    this.#lock.close()
  }
}

/** Only its owner may look inside: the directory holds records and keys. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw cannotWrite(path, error)
  }
}

function lock(path: string, pidPath: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(join(path, 'lock.sqlite'), { timeout: 0 })
    // Nothing is ever written to it, so a journal would only lie beside it.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database?.close()
    if (sqliteCode(error) === SQLITE_BUSY) throw lockedByOther(path, pidPath)
    throw cannotWrite(path, error)
  }
}

function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  // The lower byte is the error; the rest is detail.
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

function lockedByOther(path: string, pidPath: string): OperatorError {
  const pid = readPid(pidPath)
  const server = pid === undefined ? 'Another server' : `Another server (process ${pid})`
  return new OperatorError(
    `${server} is using ${path}. Stop it, or choose another directory with --data-dir or HYDRANT_DATA_DIR.`,
    EXIT.locked,
  )
}

function readPid(pidPath: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidPath, 'utf8'))
    return Number.isInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is not a directory',
  EEXIST: 'it is not a directory',
}

function cannotWrite(path: string, error: unknown): OperatorError {
  const reason = REASONS[errorCode(error) ?? ''] ?? (error instanceof Error ? error.message : String(error))
  return new OperatorError(
    `The data directory ${path} cannot be written: ${reason}. ` +
      'Make it writable, or choose another with --data-dir or HYDRANT_DATA_DIR.',
    EXIT.cannotCreate,
  )
}
