/** Mistakes in the configuration, gathered so that all are shown at once. */

import { OperatorError } from '../errors.ts'

/** The number of problems shown; a file that is something else entirely would fill the screen. */
const SHOWN_MAX = 30

interface Problem {
  readonly where: string
  readonly message: string
}

export class Problems {
  readonly #list: Problem[] = []

  /** `where` is a file position (`hydrant.yaml:3:1`), a variable or a flag; `message` says what to do about it. */
  add(where: string, message: string): void {
    this.#list.push({ where, message })
  }

  get isEmpty(): boolean {
    return this.#list.length === 0
  }

  /** @throws {OperatorError} naming every problem, when there are any */
  throwIfAny(): void {
    if (this.isEmpty) return
    const shown = this.#list.slice(0, SHOWN_MAX).map(({ where, message }) => `${where}: ${message}`)
    const rest = this.#list.length - shown.length
    if (rest > 0) shown.push(`and ${rest} more`)
    throw new OperatorError(shown.join('\n'))
  }
}
