/** Where bodies go that do not fit in memory. */

import { join } from 'node:path'

/** Emptied when the server starts: all that is in it can be made again from the log. */
export function spoolPath(dataDirectory: string): string {
  return join(dataDirectory, 'spool')
}
