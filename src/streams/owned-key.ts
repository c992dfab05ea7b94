/** The master key of `AWS_OWNED_CMK`: 32 random bytes in a file of the data directory that its owner alone can read. */

import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Chance } from '../platform.ts'

const KEY_BYTES = 32

/** @returns undefined when the file is missing or is no key */
export function readOwnedKey(path: string): Buffer | undefined {
  if (!existsSync(path)) return undefined
  const key = readFileSync(path)
  return key.length === KEY_BYTES ? key : undefined
}

/** The key in the file, made when there is none; undefined when the file holds something else. */
export function ownedKey(path: string, chance: Chance): Buffer | undefined {
  return existsSync(path) ? readOwnedKey(path) : makeOwnedKey(path, chance)
}

/** It is on stable storage when this returns: records will depend on it. */
function makeOwnedKey(path: string, chance: Chance): Buffer {
  const key = chance.bytes(KEY_BYTES)
  const unfinished = `${path}.new`
  const file = openSync(unfinished, 'w', 0o600)
  try {
    writeSync(file, key)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(unfinished, path)
  const directory = openSync(dirname(path), 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
  return key
}
