/** The compression formats, under AWS's names. */

import type { CompressionFormat } from '../streams/delivery-stream.ts'
import type { BodyEncoder } from './body.ts'
import { GzipEncoder } from './gzip.ts'
import { SnappyEncoder } from './snappy.ts'
import { UncompressedEncoder } from './uncompressed.ts'
import { ZipEncoder } from './zip.ts'

export interface EncoderOptions {
  /** zlib level of GZIP and ZIP. */
  readonly gzipLevel: number
  /** Names the entry of a ZIP. */
  readonly uuid: () => string
}

const ENCODERS: Readonly<Record<CompressionFormat, (options: EncoderOptions) => BodyEncoder>> = {
  UNCOMPRESSED: () => new UncompressedEncoder(),
  GZIP: ({ gzipLevel }) => new GzipEncoder(gzipLevel),
  ZIP: ({ gzipLevel, uuid }) => new ZipEncoder(gzipLevel, uuid()),
  Snappy: () => new SnappyEncoder('java'),
  HADOOP_SNAPPY: () => new SnappyEncoder('hadoop'),
}

export function newBodyEncoder(format: CompressionFormat, options: EncoderOptions): BodyEncoder {
  return ENCODERS[format](options)
}
