/** `/health`: whether the server takes records, and why not. Meant for load balancers as well as for people. */

/**
 * `degraded`: running, but puts are answered with ServiceUnavailableException; it recovers by itself.
 * Everything but `ready` is answered with 503.
 */
export type HealthStatus = 'starting' | 'ready' | 'degraded' | 'stopping'

const REASONS: Readonly<Record<'starting' | 'stopping', string>> = {
  starting: 'The server is starting.',
  stopping: 'The server is stopping.',
}

export class Health {
  readonly #condition: () => { readonly accepting: boolean; readonly reason?: string }
  #phase: 'starting' | 'running' | 'stopping' = 'starting'

  /** @param condition  of the log; asked once the server has started */
  constructor(condition: () => { readonly accepting: boolean; readonly reason?: string }) {
    this.#condition = condition
  }

  started(): void {
    this.#phase = 'running'
  }

  stopping(): void {
    this.#phase = 'stopping'
  }

  check(): { readonly status: HealthStatus; readonly reasons: readonly string[] } {
    if (this.#phase !== 'running') return { status: this.#phase, reasons: [REASONS[this.#phase]] }
    const { accepting, reason = 'The log takes no records.' } = this.#condition()
    return accepting ? { status: 'ready', reasons: [] } : { status: 'degraded', reasons: [reason] }
  }

  page(): { readonly status: number; readonly contentType: string; readonly body: string } {
    const health = this.check()
    return {
      status: health.status === 'ready' ? 200 : 503,
      contentType: 'application/json',
      body: `${JSON.stringify(health)}\n`,
    }
  }
}
