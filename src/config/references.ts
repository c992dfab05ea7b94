/** `${NAME}` in the file stands for an environment variable, so that secrets need not lie in it. */

import type { LocatedScalar } from './located.ts'
import type { Problems } from './problems.ts'

export class References {
  readonly #environment: Readonly<Record<string, string | undefined>>
  readonly #names = new Set<string>()

  constructor(environment: Readonly<Record<string, string | undefined>>) {
    this.#environment = environment
  }

  /** Variables that the file referred to so far. */
  get names(): ReadonlySet<string> {
    return this.#names
  }

  /** The text of a value; a value that is wholly `${NAME}` is replaced. Undefined when that variable is not set. */
  expand(scalar: LocatedScalar, problems: Problems): string | undefined {
    const name = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(scalar.text)?.[1]
    if (name === undefined) return scalar.text
    this.#names.add(name)
    const value = this.#environment[name]
    if (value === undefined || value === '') problems.add(scalar.where, `the variable ${name} is not set`)
    return value || undefined
  }
}
