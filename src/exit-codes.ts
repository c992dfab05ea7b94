/** Exit codes of the `hydrant` command, after sysexits.h; docs/operations.md explains them. */
export const EXIT = {
  ok: 0,
  /** Unknown command or flag. */
  usage: 64,
  /** The address to listen on is taken or not of this machine. */
  addressUnavailable: 69,
  /** A bug in Hydrant. */
  internal: 70,
  /** The data directory cannot be written. */
  cannotCreate: 73,
  /** Another server uses the data directory. */
  locked: 75,
  /** The operating system does not allow it: a port below 1024. */
  notPermitted: 77,
  /** A mistake in the configuration. */
  config: 78,
} as const
