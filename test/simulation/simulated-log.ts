/** An embedded log on the simulated platform, and the short ways to put and read that its tests take. */

import type { DataKeys } from '../../src/log/data-keys.ts'
import { EmbeddedLog, type KnownPartition, type LogSettings } from '../../src/log/embedded-log.ts'
import { LogDirectory } from '../../src/log/log-directory.ts'
import type { Offset, PartitionId } from '../../src/record.ts'
import { SimulatedDelivery } from './simulated-delivery.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { type SimulatedPlatform, simulatedPlatform } from './simulated-platform.ts'

export const DIRECTORY = new LogDirectory('/data')
const SETTINGS: LogSettings = { quotaBytes: 2 ** 30, segmentBytes: 64 * 1024, sharedBytes: 128 * 1024 }
const NO_KEYS: DataKeys = { current: () => undefined, find: () => undefined }

export interface SimulatedLog {
  readonly platform: SimulatedPlatform
  readonly log: EmbeddedLog
  readonly delivery: SimulatedDelivery
  /** What the log reported: reasons for which puts were refused, `undefined` when they were taken again; damage. */
  readonly conditions: (string | undefined)[]
  readonly damage: string[]
  put(partition: PartitionId, ...records: readonly (string | Buffer)[]): Promise<Offset>
  /** Records from an offset to the tail. */
  read(partition: PartitionId, from?: Offset): Promise<readonly string[]>
}

export async function openLog(
  options: {
    readonly disk?: SimulatedDisk
    readonly settings?: Partial<LogSettings>
    readonly keys?: DataKeys
    readonly partitions?: readonly KnownPartition[]
  } = {},
): Promise<SimulatedLog> {
  const platform = simulatedPlatform({ disk: options.disk ?? new SimulatedDisk(['/data']) })
  const partitions = options.partitions ?? [{ id: 1, settled: 0, next: 0 }]
  const keys = options.keys ?? NO_KEYS
  const conditions: (string | undefined)[] = []
  const damage: string[] = []
  const observer = {
    synced() {},
    size() {},
    condition: (reason: string | undefined) => conditions.push(reason),
    damaged: (path: string, position: number, bytes: number) => damage.push(`${path} ${position} ${bytes}`),
  }
  const settings = { ...SETTINGS, ...options.settings }
  const log = await EmbeddedLog.open({ directory: DIRECTORY, platform, settings, keys, observer }, partitions)
  const delivery = new SimulatedDelivery(log, platform.disk, { keys })
  for (const { id } of partitions) delivery.open(log, id)
  return {
    platform,
    log,
    delivery,
    conditions,
    damage,
    put: (partition, ...records) => {
      const buffers = records.map((record) => Buffer.from(record))
      const frame = log.frame(
        buffers.length,
        buffers.reduce((sum, { length }) => sum + length, 0),
      )
      let at = frame.dataStart
      for (const [i, buffer] of buffers.entries()) {
        frame.setLength(i, buffer.length)
        at += buffer.copy(frame.bytes, at)
      }
      return log.append(partition, frame)
    },
    read: async (partition, from = 0) =>
      (await delivery.readAll(partition, from)).map(({ offset, data }) => `${offset}:${data}`),
  }
}
