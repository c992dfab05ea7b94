/** UpdateDestination's rules: how an update block changes the stored destination. Pure. */

import { ApiError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { withDefaults } from './s3-block.ts'

/** Merged member by member; every other member is replaced whole. */
const MERGED = ['BufferingHints', 'CloudWatchLoggingOptions'] as const

/**
 * @param stored  the destination in extended form, defaults filled in
 * @param update  a basic or extended update block: absent members keep what is stored
 * @returns the destination as it will be; checks of the whole follow
 * @throws {ApiError} InvalidArgumentException for a change that AWS does not make
 */
export function mergeDestination(stored: JsonObject, update: JsonObject): JsonObject {
  const { S3BackupUpdate: backupUpdate, ...members } = update
  const merged = mergeBlock(stored, members)
  if (stored['S3BackupMode'] === 'Enabled' && merged['S3BackupMode'] === 'Disabled') {
    throw new ApiError('InvalidArgumentException', 'Disabling S3 backup is not currently supported.')
  }
  const wasPartitioned = isOn(stored['DynamicPartitioningConfiguration'])
  if (isOn(merged['DynamicPartitioningConfiguration']) !== wasPartitioned) {
    throw new ApiError(
      'InvalidArgumentException',
      'Dynamic partitioning can only be enabled when a delivery stream is created, and not be disabled.',
    )
  }
  const processing = update['ProcessingConfiguration']
  const merging: JsonObject = isJsonObject(processing)
    ? { ...merged, ProcessingConfiguration: mergeProcessing(stored['ProcessingConfiguration'], processing) }
    : merged
  if (!isJsonObject(backupUpdate)) return merging
  const backup = stored['S3BackupConfiguration']
  return {
    ...merging,
    S3BackupConfiguration: isJsonObject(backup)
      ? mergeBlock(backup, backupUpdate)
      : withDefaults(backupUpdate),
  }
}

function mergeBlock(stored: JsonObject, update: JsonObject): JsonObject {
  const merged: Record<string, JsonObject[string]> = { ...stored, ...update }
  for (const member of MERGED) {
    const [before, given] = [stored[member], update[member]]
    if (isJsonObject(before) && isJsonObject(given)) merged[member] = { ...before, ...given }
  }
  return merged
}

/** Processors are replaced whole; `Enabled` keeps its value when it is absent. */
function mergeProcessing(stored: JsonObject[string], update: JsonObject): JsonObject {
  const enabled = isJsonObject(stored) ? stored['Enabled'] : undefined
  return enabled === undefined ? update : { Enabled: enabled, ...update }
}

function isOn(block: JsonObject[string]): boolean {
  return isJsonObject(block) && block['Enabled'] === true
}
