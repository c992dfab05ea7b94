/** Records as they are. */

import type { BodyEncoder } from './body.ts'

export class UncompressedEncoder implements BodyEncoder {
  readonly heldBytes = 0

  write(data: Uint8Array): readonly Uint8Array[] {
    return [Buffer.from(data)]
  }

  end(): readonly Uint8Array[] {
    return []
  }
}
