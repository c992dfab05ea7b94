/**
 * Where the log keeps its files:
 *
 * ```
 * log/shared/00000001.segment                frames of all streams, in the order of arrival; used again when settled
 * log/partitions/7/0001767225600000.segment  records that waited longer than the shared segments hold them; named by
 *                                            the epoch of the segment
 * log/partitions/7/primary.journal           what was sealed and settled (delivery/journal-format.ts)
 * ```
 */

import { join } from 'node:path'
import type { PartitionId } from '../record.ts'

const SUFFIX = '.segment'

export class LogDirectory {
  readonly root: string
  readonly shared: string
  readonly partitions: string

  constructor(dataDirectory: string) {
    this.root = join(dataDirectory, 'log')
    this.shared = join(this.root, 'shared')
    this.partitions = join(this.root, 'partitions')
  }

  sharedSegment(number: number): string {
    return join(this.shared, `${String(number).padStart(8, '0')}${SUFFIX}`)
  }

  partition(partition: PartitionId): string {
    return join(this.partitions, String(partition))
  }

  ownSegment(partition: PartitionId, epoch: number): string {
    return join(this.partition(partition), `${String(epoch).padStart(16, '0')}${SUFFIX}`)
  }

  journal(partition: PartitionId, lane: string): string {
    return join(this.partition(partition), `${lane}.journal`)
  }
}

/** The number in a segment's file name; undefined for other files. */
export function segmentNumber(name: string): number | undefined {
  const match = /^(\d{1,16})\.segment$/.exec(name)
  return match === null ? undefined : Number(match[1])
}
