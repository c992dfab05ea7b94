/**
 * The control database: definitions, tags, keys and counters in one SQLite file. A change is on disk when the call
 * that makes it returns.
 */

import { chmodSync, closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { OperatorError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { KeyOwner } from './key-wrap.ts'

const VERSION = 1

const SCHEMA = `
  CREATE TABLE streams (
    name TEXT PRIMARY KEY,
    definition TEXT NOT NULL
  ) STRICT;
  CREATE TABLE data_keys (
    key_id INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL,
    master_key TEXT NOT NULL,
    wrapped BLOB NOT NULL
  ) STRICT;
  CREATE TABLE encryption_calls (stream TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT;
  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
`

export interface StoredKey extends KeyOwner {
  readonly keyId: number
  readonly wrapped: Uint8Array
}

export class StreamStore {
  readonly #database: DatabaseSync

  /**
   * @param options  `readOnly` for a database that is there
   * @throws {OperatorError} for a file that is no database of this version of Hydrant
   */
  constructor(path: string, { readOnly = false }: { readonly readOnly?: boolean } = {}) {
    // SQLite gives its other files the mode of this one.
    if (!readOnly) closeSync(openSync(path, 'a', 0o600))
    this.#database = new DatabaseSync(path, { readOnly })
    try {
      this.#prepare(path, readOnly)
    } catch (error) {
      this.#database.close()
      if (error instanceof OperatorError) throw error
      const reason = error instanceof Error ? error.message : String(error)
      throw new OperatorError(`${path} cannot be read: ${reason}. Put back a copy of it from a backup.`)
    }
  }

  #prepare(path: string, readOnly: boolean): void {
    if (!readOnly) {
      chmodSync(path, 0o600)
      this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    }
    const version = this.#pragma('user_version')
    if (version === 0 && !readOnly) {
      this.#database.exec(`BEGIN; ${SCHEMA} PRAGMA user_version = ${VERSION}; COMMIT`)
    } else if (version !== VERSION) {
      throw new OperatorError(
        `${path} has version ${version}, and this Hydrant knows version ${VERSION}. Start the Hydrant that wrote it.`,
      )
    }
  }

  /** How SQLite was told to write; 2 is FULL. */
  durability(): { readonly journalMode: unknown; readonly synchronous: unknown } {
    return { journalMode: this.#pragma('journal_mode'), synchronous: this.#pragma('synchronous') }
  }

  #pragma(name: string): unknown {
    return this.#database.prepare(`PRAGMA ${name}`).get()?.[name]
  }

  /** Runs `work` in one transaction. */
  transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      // SQLite has rolled back by itself after some errors, a full disk among them.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  /** Definitions in the order of their names. */
  definitions(): readonly JsonObject[] {
    const rows = this.#database.prepare('SELECT definition FROM streams ORDER BY name').all()
    return rows.map((row) => JSON.parse(String(row['definition'])) as JsonObject)
  }

  save(name: string, definition: JsonObject): void {
    this.#database
      .prepare('INSERT INTO streams VALUES (?, ?) ON CONFLICT DO UPDATE SET definition = excluded.definition')
      .run(name, JSON.stringify(definition))
  }

  remove(name: string): void {
    this.transaction(() => {
      for (const table of ['data_keys', 'encryption_calls']) {
        this.#database.prepare(`DELETE FROM ${table} WHERE stream = ?`).run(name)
      }
      this.#database.prepare('DELETE FROM streams WHERE name = ?').run(name)
    })
  }

  /** The next value of a counter that is never set back; the first is 1. */
  next(counter: string): number {
    const row = this.#database
      .prepare(
        'INSERT INTO counters VALUES (?, 1) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value',
      )
      .get(counter)
    return Number(row?.['value'])
  }

  keys(): readonly StoredKey[] {
    return this.#database
      .prepare('SELECT key_id, stream, master_key, wrapped FROM data_keys ORDER BY key_id')
      .all()
      .map((row) => ({
        keyId: Number(row['key_id']),
        stream: String(row['stream']),
        masterKey: String(row['master_key']),
        wrapped: row['wrapped'] as Uint8Array,
      }))
  }

  /** @returns the number of the key, never used before */
  addKey({ stream, masterKey }: KeyOwner, wrapped: Uint8Array): number {
    const { lastInsertRowid } = this.#database
      .prepare('INSERT INTO data_keys (stream, master_key, wrapped) VALUES (?, ?, ?)')
      .run(stream, masterKey, wrapped)
    return Number(lastInsertRowid)
  }

  /** How often encryption of a stream was switched after `sinceMs`; older calls are forgotten. */
  encryptionCalls(stream: string, sinceMs: number): number {
    this.#database.prepare('DELETE FROM encryption_calls WHERE at_ms <= ?').run(sinceMs)
    const row = this.#database
      .prepare('SELECT count(*) AS calls FROM encryption_calls WHERE stream = ?')
      .get(stream)
    return Number(row?.['calls'])
  }

  addEncryptionCall(stream: string, atMs: number): void {
    this.#database.prepare('INSERT INTO encryption_calls VALUES (?, ?)').run(stream, atMs)
  }

  close(): void {
    this.#database.close()
  }
}
