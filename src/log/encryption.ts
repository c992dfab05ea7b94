/** AES-256-GCM over the payload of a frame; the header's facts are authenticated with it. */

import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Chance } from '../platform.ts'
import type { DataKey } from './data-keys.ts'
import { type Frame, HEADER_BYTES, NONCE_START, TAG_BYTES } from './frame.ts'

const NONCE_BYTES = HEADER_BYTES - NONCE_START

/**
 * A buffer of the frame's length plus the tag, nonce and room for the header in place. Call `encryptPayload` once the
 * header is stamped. Nonces are random: NIST SP 800-38D allows 2^32 of them a key.
 */
export function encryptedCopy(frame: Frame, chance: Chance): Buffer {
  const bytes = Buffer.allocUnsafe(frame.bytes.length + TAG_BYTES)
  chance.bytes(NONCE_BYTES).copy(bytes, NONCE_START)
  return bytes
}

export function encryptPayload(bytes: Buffer, frame: Frame, key: DataKey): void {
  const cipher = createCipheriv('aes-256-gcm', key.key, bytes.subarray(NONCE_START, HEADER_BYTES))
  cipher.setAAD(authenticatedBytes(bytes))
  cipher.update(frame.bytes.subarray(HEADER_BYTES)).copy(bytes, HEADER_BYTES)
  cipher.final()
  cipher.getAuthTag().copy(bytes, bytes.length - TAG_BYTES)
}

/** Lengths and records of an encrypted frame; undefined when it does not open with this key. */
export function decryptPayload(frame: Buffer, key: DataKey): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key.key, frame.subarray(NONCE_START, HEADER_BYTES))
  decipher.setAAD(authenticatedBytes(frame))
  decipher.setAuthTag(frame.subarray(frame.length - TAG_BYTES))
  try {
    const plain = decipher.update(frame.subarray(HEADER_BYTES, frame.length - TAG_BYTES))
    decipher.final()
    return plain
  } catch {
    return undefined
  }
}

/**
 * Partition, then base offset, arrival, counts and key id: what says whose records these are. The epoch is left out,
 * because a frame is given another one when it moves to another segment.
 */
function authenticatedBytes(frame: Buffer): Buffer {
  return Buffer.concat([frame.subarray(12, 16), frame.subarray(24, 52)])
}
