/** The Node that Hydrant runs on, with its flags and variables, or the end of this process with the reason. */

import { findNode, NO_NODE, nodeOptions } from '../bin/launch.mjs'

export function needNode() {
  const node = findNode()
  if (node === undefined) {
    process.stderr.write(NO_NODE)
    process.exit(69)
  }
  return { node, ...nodeOptions() }
}
