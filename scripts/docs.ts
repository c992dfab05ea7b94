/** `npm run docs`: writes the documents that are made from code. */

import { writeFileSync } from 'node:fs'
import { configurationReference } from '../src/config/reference.ts'

writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationReference())
