/** Why the server could not listen, in words that say what to do. */

import type { Config } from '../config/config.ts'
import { errorCode, OperatorError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'

const CHOOSE = 'Choose another address with --listen or HYDRANT_LISTEN'

/** The error as one for the operator, when it is about the address; undefined otherwise. */
export function explainListenError(
  error: unknown,
  { host, port }: Config['listen'],
): OperatorError | undefined {
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new OperatorError(
        `Port ${port} on ${host} is taken by another program. ${CHOOSE}, such as 127.0.0.1:${port === 65_535 ? 4574 : port + 1}.`,
        EXIT.addressUnavailable,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new OperatorError(
        `${host} is not an address of this machine. ${CHOOSE}.`,
        EXIT.addressUnavailable,
      )
    case 'EAFNOSUPPORT':
      return new OperatorError(
        `This machine has no IPv6. ${CHOOSE}, such as 0.0.0.0:${port}.`,
        EXIT.addressUnavailable,
      )
    case 'EACCES':
      return new OperatorError(
        `Port ${port} on ${host} needs rights that this user does not have. ${CHOOSE}, with a port from 1024 on.`,
        EXIT.notPermitted,
      )
    default:
      return undefined
  }
}
