/** The version of the package this file is part of. */

import { readFileSync } from 'node:fs'

export function readVersion(): string {
  // package.json lies one folder up from src/ as from dist/.
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return (manifest as { version: string }).version
}
