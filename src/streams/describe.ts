/** DescribeDeliveryStream: a delivery stream as the API shows it. Pure. */

import type { JsonObject } from '../json.ts'
import type { DeliveryStream } from './delivery-stream.ts'
import { BASIC_MEMBERS, EXTENDED_MEMBERS } from './s3-block.ts'

/** There is exactly one destination, and AWS always names it so. */
export const DESTINATION_ID = 'destinationId-000000000001'

export function describe(stream: DeliveryStream): JsonObject {
  const { encryption, destination, directPutSource } = stream
  return {
    DeliveryStreamName: stream.name,
    DeliveryStreamARN: stream.arn,
    DeliveryStreamStatus: stream.status,
    DeliveryStreamEncryptionConfiguration: {
      ...(encryption.keyArn === undefined ? {} : { KeyARN: encryption.keyArn }),
      ...(encryption.keyType === undefined ? {} : { KeyType: encryption.keyType }),
      Status: encryption.status,
      ...(encryption.failure === undefined
        ? {}
        : { FailureDescription: { Type: encryption.failure.type, Details: encryption.failure.details } }),
    },
    DeliveryStreamType: stream.type,
    VersionId: String(stream.versionId),
    CreateTimestamp: stream.createdAtMs / 1000,
    ...(stream.updatedAtMs === undefined ? {} : { LastUpdateTimestamp: stream.updatedAtMs / 1000 }),
    ...(directPutSource === undefined ? {} : { Source: { DirectPutSourceDescription: directPutSource } }),
    Destinations: [
      {
        DestinationId: DESTINATION_ID,
        S3DestinationDescription: pick(destination, BASIC_MEMBERS),
        ExtendedS3DestinationDescription: extended(destination),
      },
    ],
    HasMoreDestinations: false,
  }
}

function extended(destination: JsonObject): JsonObject {
  const { S3BackupConfiguration: backup, ...members } = pick(destination, [
    ...BASIC_MEMBERS,
    ...EXTENDED_MEMBERS,
  ])
  return backup === undefined ? members : { ...members, S3BackupDescription: backup }
}

function pick(block: JsonObject, members: readonly string[]): JsonObject {
  return Object.fromEntries(
    members.filter((name) => block[name] !== undefined).map((name) => [name, block[name]]),
  )
}
