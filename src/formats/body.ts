/**
 * A body is built as records arrive and is read as often as tries need. Encoders are pure: bytes in,
 * bytes out, no I/O and no state outside themselves, so that a body may lie in memory or in a spool file.
 */

/** Turns joined record bytes into an object body, piece by piece. */
export interface BodyEncoder {
  /**
   * Takes the next bytes of the body and returns what is ready: often nothing, while the encoder waits for a
   * whole block. `data` belongs to the caller: what is kept is copied.
   */
  write(data: Uint8Array): readonly Uint8Array[]
  /** Ends the body. Nothing may be written after it. */
  end(): readonly Uint8Array[]
  /** Bytes that the encoder itself holds now. */
  readonly heldBytes: number
}

/** A finished body. `read` may be called again for every try, and by parts. */
export interface Body {
  readonly length: number
  /** Bytes from `from` up to `to`, in chunks of any size. */
  read(from?: number, to?: number): AsyncIterable<Uint8Array>
}
