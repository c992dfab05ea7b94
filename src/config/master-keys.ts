/** `masterKeys`: the key behind each KMS key ARN, in place or in a file of its own. */

import { resolve } from 'node:path'
import { type FileContext, readMap, readText } from './block.ts'
import type { Located, Member } from './located.ts'
import { reasonOf } from './read-error.ts'

const KEY_BYTES = 32

export function readMasterKeys(
  member: Member | undefined,
  readFile: (path: string) => Buffer,
  context: FileContext,
): ReadonlyMap<string, Buffer> {
  const keys = new Map<string, Buffer>()
  const block = member === undefined ? undefined : readMap('masterKeys', member.value, context)
  for (const [arn, { where, value }] of block?.members ?? []) {
    if (!/^arn:[^:]+:kms:[^:]*:[^:]*:.+$/.test(arn)) {
      context.problems.add(
        where,
        'the name of a master key must be a KMS key ARN, such as arn:aws:kms:us-east-1:000000000000:key/main',
      )
    }
    const key = value.kind === 'map' ? keyFromFile(value, readFile, context) : keyInPlace(value, context)
    if (key !== undefined) keys.set(arn, key)
  }
  return keys
}

function keyInPlace(value: Located, context: FileContext): Buffer | undefined {
  const text = readText('a master key', value, context)
  if (text === undefined) return undefined
  const key = decodeKey(text)
  if (key === undefined)
    context.problems.add(value.where, `a master key must be ${KEY_BYTES} bytes as base64 or hex`)
  return key
}

function keyFromFile(
  value: Extract<Located, { kind: 'map' }>,
  readFile: (path: string) => Buffer,
  context: FileContext,
): Buffer | undefined {
  const file = value.members.get('file')
  if (file === undefined || value.members.size !== 1) {
    context.problems.add(value.where, 'a master key must be 32 bytes as base64 or hex, or { file: path }')
    return undefined
  }
  const path = readText('file', file.value, context)
  if (path === undefined) return undefined
  try {
    const content = readFile(resolve(context.directory, path))
    const key = content.length === KEY_BYTES ? content : decodeKey(content.toString('latin1').trim())
    if (key === undefined) {
      context.problems.add(
        file.value.where,
        `${path} must hold ${KEY_BYTES} bytes, as they are or as base64 or hex`,
      )
    }
    return key
  } catch (error) {
    context.problems.add(file.value.where, `${path} cannot be read: ${reasonOf(error)}`)
    return undefined
  }
}

function decodeKey(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (/^[A-Za-z0-9+/]{43}=$/.test(text)) return Buffer.from(text, 'base64')
  return undefined
}
