/** The destinations, under AWS's names. */

import type { Destination } from './destination.ts'
import { S3Destination, type S3DestinationOptions } from './s3/s3.ts'

export const destinations = {
  ExtendedS3: (options: S3DestinationOptions): Destination => new S3Destination(options),
} as const
