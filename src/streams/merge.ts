/** UpdateDestination's rules: how an update block changes the stored destination. Pure. */

import { ApiError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { withDefaults } from './s3-block.ts'

type Block = JsonObject[string]

/**
 * @param stored  the destination in extended form, defaults filled in
 * @param update  a basic or extended update block: absent members keep what is stored
 * @returns the destination as it will be; checks of the whole follow
 * @throws {ApiError} InvalidArgumentException for a change that AWS does not make
 */
export function mergeDestination(stored: JsonObject, update: JsonObject): JsonObject {
  const { S3BackupUpdate: backup, ...members } = update
  const merged: Record<string, Block> = mergeS3Block(stored, members)
  const processing = members['ProcessingConfiguration']
  if (isJsonObject(processing)) {
    merged['ProcessingConfiguration'] = mergeProcessing(stored['ProcessingConfiguration'], processing)
  }
  const conversion = members['DataFormatConversionConfiguration']
  if (isJsonObject(conversion)) {
    merged['DataFormatConversionConfiguration'] = mergeConversion(
      stored['DataFormatConversionConfiguration'],
      conversion,
    )
  }
  if (isJsonObject(backup)) {
    merged['S3BackupConfiguration'] = mergeBackup(stored['S3BackupConfiguration'], backup)
  }
  refuseImpossible(stored, merged)
  return merged
}

/** Hints and logging are merged member by member; every other member is replaced whole. */
function mergeS3Block(stored: JsonObject, update: JsonObject): Record<string, Block> {
  const merged: Record<string, Block> = { ...stored, ...update }
  for (const member of ['BufferingHints', 'CloudWatchLoggingOptions']) {
    merged[member] = mergeMembers(stored[member], merged[member])
  }
  return merged
}

function mergeBackup(stored: Block, update: JsonObject): JsonObject {
  if (isJsonObject(stored)) return mergeS3Block(stored, update)
  // The first backup of a stream: an update block need not name what a new block must.
  for (const member of ['RoleARN', 'BucketARN']) {
    if (update[member] === undefined) {
      throw refused(`S3BackupUpdate must have ${member}, because the stream has no S3 backup yet.`)
    }
  }
  return withDefaults(update)
}

/** Processors are replaced whole, so absent ones are gone; `Enabled` keeps its value when it is absent. */
function mergeProcessing(stored: Block, update: JsonObject): JsonObject {
  const enabled = isJsonObject(stored) ? stored['Enabled'] : undefined
  return enabled === undefined ? update : { Enabled: enabled, ...update }
}

/** Merged down into the members of the schema; `Enabled` is on when it is absent. */
function mergeConversion(stored: Block, update: JsonObject): JsonObject {
  const merged: Record<string, Block> = mergeMembers(stored, { Enabled: true, ...update })
  const schema = update['SchemaConfiguration']
  if (isJsonObject(stored) && isJsonObject(schema)) {
    merged['SchemaConfiguration'] = mergeMembers(stored['SchemaConfiguration'], schema)
  }
  return merged
}

function mergeMembers(stored: Block, update: Block): JsonObject {
  return { ...(isJsonObject(stored) ? stored : {}), ...(isJsonObject(update) ? update : {}) }
}

function refuseImpossible(stored: JsonObject, merged: JsonObject): void {
  if (stored['S3BackupMode'] === 'Enabled' && merged['S3BackupMode'] === 'Disabled') {
    throw refused('Disabling S3 backup is not currently supported.')
  }
  const partitioning = 'DynamicPartitioningConfiguration'
  if (isOn(merged[partitioning]) !== isOn(stored[partitioning])) {
    throw refused(
      'Dynamic partitioning can only be enabled when a delivery stream is created, and not be disabled.',
    )
  }
}

function isOn(block: Block): boolean {
  return isJsonObject(block) && block['Enabled'] === true
}

function refused(message: string): ApiError {
  return new ApiError('InvalidArgumentException', message)
}
