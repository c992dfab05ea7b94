/** The delivery streams of a soak: they differ in all that decides when and how records become objects. */

import { type FirehoseCalls, s3Destination } from '../support/firehose-call.ts'
import { Ledger } from './ledger.ts'

const MANY = 20
/** The least that the API allows for a source backup. */
const BACKUP_SECONDS_MIN = 60

interface Kind {
  readonly name: string
  readonly destination: object
  readonly encrypted?: true
  readonly isBackedUp?: true
}

export interface SoakStream {
  readonly name: string
  readonly ledger: Ledger
  readonly bucket: string
  /** Holds every record once too. */
  readonly backupBucket?: string
}

const hints = (SizeInMBs: number, IntervalInSeconds: number) => ({
  BufferingHints: { SizeInMBs, IntervalInSeconds },
})

function kinds(): readonly Kind[] {
  const many = Array.from({ length: MANY }, (_, i) => ({
    name: `many-${i}`,
    destination: { ...hints(1, i % 5), CompressionFormat: i % 2 === 0 ? 'GZIP' : 'UNCOMPRESSED' },
  }))
  return [
    { name: 'at-once', destination: hints(1, 0) },
    {
      name: 'plain',
      destination: {
        ...hints(1, 1),
        Prefix: 'y=!{timestamp:yyyy}/',
        ErrorOutputPrefix: 'e/!{firehose:error-output-type}/',
      },
    },
    { name: 'gzip', destination: { ...hints(5, 2), CompressionFormat: 'GZIP' } },
    { name: 'zip', destination: { ...hints(1, 1), CompressionFormat: 'ZIP' } },
    { name: 'snappy', destination: { ...hints(2, 3), CompressionFormat: 'Snappy' } },
    { name: 'hadoop', destination: { ...hints(1, 1), CompressionFormat: 'HADOOP_SNAPPY' } },
    { name: 'encrypted', encrypted: true, destination: { ...hints(1, 1), CompressionFormat: 'GZIP' } },
    // Records wait so long that the log moves them to files of the stream's own.
    { name: 'slow', destination: { ...hints(128, 30), CompressionFormat: 'GZIP' } },
    { name: 'backed-up', isBackedUp: true, destination: { ...hints(1, 1), CompressionFormat: 'GZIP' } },
    ...many,
  ]
}

/** Names of all buckets: a real S3 server wants them made before. */
export function soakBuckets(): readonly string[] {
  return kinds().flatMap(({ name, isBackedUp }) => [
    `soak-${name}`,
    ...(isBackedUp === undefined ? [] : [`soak-${name}-source`]),
  ])
}

export async function createSoakStreams(calls: FirehoseCalls): Promise<readonly SoakStream[]> {
  const streams: SoakStream[] = []
  for (const { name, destination, encrypted, isBackedUp } of kinds()) {
    const bucket = `soak-${name}`
    const backupBucket = `${bucket}-source`
    const backup = {
      S3BackupMode: 'Enabled',
      S3BackupConfiguration: s3Destination(backupBucket, hints(1, BACKUP_SECONDS_MIN)),
    }
    await calls.call('CreateDeliveryStream', {
      DeliveryStreamName: name,
      ...(encrypted === undefined
        ? {}
        : { DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' } }),
      ExtendedS3DestinationConfiguration: s3Destination(bucket, {
        ...destination,
        ...(isBackedUp === undefined ? {} : backup),
      }),
    })
    streams.push({
      name,
      ledger: new Ledger(),
      bucket,
      ...(isBackedUp === undefined ? {} : { backupBucket }),
    })
  }
  return streams
}
