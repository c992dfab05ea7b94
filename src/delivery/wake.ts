/** Lets a loop sleep until something happened or time has passed. */

import type { Clock } from '../platform.ts'

export class Wake {
  readonly #clock: Clock
  #isSet = false
  #resolve: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Something happened: the loop runs once more, even if it is not asleep yet. */
  notify(): void {
    this.#isSet = true
    this.#resolve?.()
  }

  /** Resolves at the next `notify`, at once if there was one since the last sleep, or after `timeoutMs`. */
  async sleep(timeoutMs = Infinity): Promise<void> {
    if (!this.#isSet && timeoutMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = timeoutMs === Infinity ? undefined : this.#clock.after(timeoutMs, resolve)
        this.#resolve = () => {
          timer?.cancel()
          resolve()
        }
      })
    }
    this.#resolve = undefined
    this.#isSet = false
  }
}
