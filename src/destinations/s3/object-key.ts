/**
 * Keys of delivered objects:
 *
 * ```
 * <evaluated prefix><stream>-<version>-<yyyy-MM-dd-HH-mm-ss>-<uuid><extension>
 * ```
 *
 * Both times are those of the oldest record's arrival, in the custom time zone.
 * @see Firehose Developer Guide, "Configure Amazon S3 object name format"
 */

import type { Chance } from '../../platform.ts'
import type { CompressionFormat, S3Settings } from '../../streams/delivery-stream.ts'
import { compileDatePattern } from './date-pattern.ts'
import { evaluatePrefix } from './prefix.ts'
import { zonedTime } from './zoned-time.ts'

/** What delivered objects end in, and their Content-Encoding. The service writes `.snappy` for both Snappys. */
const FORMATS: Readonly<
  Record<CompressionFormat, { readonly extension: string; readonly contentEncoding?: string }>
> = {
  UNCOMPRESSED: { extension: '' },
  GZIP: { extension: '.gz', contentEncoding: 'gzip' },
  ZIP: { extension: '.zip', contentEncoding: 'zip' },
  Snappy: { extension: '.snappy', contentEncoding: 'snappy-java' },
  HADOOP_SNAPPY: { extension: '.snappy', contentEncoding: 'hadoop-snappy' },
}

const suffixTime = compileDatePattern('yyyy-MM-dd-HH-mm-ss')

export function objectKey(object: {
  readonly settings: S3Settings
  readonly streamName: string
  readonly versionId: number
  readonly oldestMs: number
  readonly chance: Chance
}): string {
  const { settings, streamName, versionId, chance } = object
  const time = zonedTime(object.oldestMs, settings.timeZone)
  const prefix = evaluatePrefix(settings.prefix, { time, chance })
  const extension = settings.fileExtension || FORMATS[settings.compression].extension
  return `${prefix}${streamName}-${versionId}-${suffixTime(time)}-${chance.uuid()}${extension}`
}

export function contentEncodingOf(compression: CompressionFormat): string | undefined {
  return FORMATS[compression].contentEncoding
}
