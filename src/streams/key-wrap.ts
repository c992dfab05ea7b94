/**
 * A data key as the control database holds it, sealed by a master key with AES-256-GCM:
 *
 * ```
 *  0        12                44       60
 *  ├ nonce ──┼ sealed data key ─┼ tag ──┤
 * ```
 *
 * The name of the stream and of the master key are authenticated with it: a row that was moved to another stream does
 * not open.
 */

import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Chance } from '../platform.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

export interface KeyOwner {
  readonly stream: string
  /** KMS key ARN, or `AWS_OWNED_CMK`. */
  readonly masterKey: string
}

export function wrapKey(master: Buffer, key: Buffer, owner: KeyOwner, chance: Chance): Buffer {
  const nonce = chance.bytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', master, nonce).setAAD(authenticatedBytes(owner))
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()])
}

/** @returns undefined when it was sealed by another master key, or for another owner */
export function unwrapKey(master: Buffer, wrapped: Uint8Array, owner: KeyOwner): Buffer | undefined {
  if (wrapped.length <= NONCE_BYTES + TAG_BYTES) return undefined
  const tagStart = wrapped.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', master, wrapped.subarray(0, NONCE_BYTES))
  decipher.setAAD(authenticatedBytes(owner)).setAuthTag(wrapped.subarray(tagStart))
  try {
    return Buffer.concat([decipher.update(wrapped.subarray(NONCE_BYTES, tagStart)), decipher.final()])
  } catch {
    return undefined
  }
}

function authenticatedBytes({ stream, masterKey }: KeyOwner): Buffer {
  return Buffer.from(`${masterKey}\n${stream}`)
}
