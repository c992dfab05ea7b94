/** One operation of the API: a file each in `operations/`, listed in `operations/index.ts`. */

import type { Caller } from '../config/config.ts'
import type { JsonObject } from '../json.ts'

/** Who calls, and when: what an operation may know beside its input. */
export interface Call {
  readonly requestId: string
  /** Absent when the server runs without credentials. */
  readonly caller?: Caller
}

export interface Operation {
  /** As in `X-Amz-Target`: `CreateDeliveryStream`. */
  readonly name: string
  /**
   * @param input  types and constraints of the model hold, unknown members are gone
   * @throws {ApiError}
   */
  run(input: JsonObject, call: Call): JsonObject | Promise<JsonObject>
}
