/** Settings of a running server, checked and with defaults filled in. `load.ts` makes one from flags, variables and file. */

import type { JsonObject } from '../json.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Where a bucket lives. */
export type ObjectStoreSettings =
  | {
      readonly kind: 'directory'
      /** Absolute; one folder a bucket. */
      readonly path: string
      /** Make the folder of a bucket on first use. */
      readonly createBuckets: boolean
    }
  | {
      readonly kind: 'endpoint'
      /** Absent: AWS's own for the region. */
      readonly endpoint?: string
      readonly region: string
      /** Absent: the AWS SDK's own chain of credential providers. */
      readonly credentials?: {
        readonly accessKeyId: string
        readonly secretAccessKey: string
        readonly sessionToken?: string
      }
      readonly forcePathStyle: boolean
      /** Send `x-amz-acl: bucket-owner-full-control`, as Firehose does; some servers refuse ACL headers. */
      readonly sendAcl: boolean
      /** `WHEN_REQUIRED` for servers that do not know the newer checksum headers. */
      readonly requestChecksums: 'WHEN_SUPPORTED' | 'WHEN_REQUIRED'
      readonly connectTimeoutMs: number
      /** Without a byte of answer for this long, a try has failed. */
      readonly requestTimeoutMs: number
      /** Bodies above this go up by parts of this size. */
      readonly partBytes: number
    }

export interface PolicyStatement {
  readonly effect: 'Allow' | 'Deny'
  /** `firehose:PutRecord`, with `*` and `?`. */
  readonly actions: readonly string[]
  /** Delivery stream ARNs, with `*` and `?`. */
  readonly resources: readonly string[]
}

/** Somebody who may call the API. */
export interface Caller {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** When set, requests must carry it. */
  readonly sessionToken?: string
  /** When set, requests after it get ExpiredTokenException. */
  readonly expiresAtMs?: number
  /** What `User:` says in AccessDeniedException. */
  readonly arn: string
  readonly policy: readonly PolicyStatement[]
}

/** Emulation of AWS's quotas, for testing how clients retry. All off by default. */
export interface QuotaSettings {
  readonly recordsPerSecond?: number
  readonly requestsPerSecond?: number
  readonly bytesPerSecond?: number
  /** Calls a second for each control operation; AWS: 5. */
  readonly controlRequestsPerSecond?: number
  /** Delivery streams; AWS: 5,000 in us-east-1. */
  readonly deliveryStreams?: number
}

/** A delivery stream that the file asks for: made or updated at start. */
export interface DeclaredStream {
  /** `hydrant.yaml:12:5`, for messages. */
  readonly where: string
  /** In the shape of CreateDeliveryStream; not yet checked against the model. */
  readonly request: JsonObject
  /** Where each member of the request stands, by its path: `ExtendedS3DestinationConfiguration.Prefix`. */
  readonly places: ReadonlyMap<string, string>
}

export interface Config {
  /** The file that was read; absent when there was none. */
  readonly configPath?: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly tls?: { readonly certPath: string; readonly keyPath: string }
  readonly dataDirectory: string
  readonly region: string
  readonly accountId: string
  readonly objectStore: ObjectStoreSettings
  /** Buckets that live elsewhere than `objectStore`. */
  readonly buckets: ReadonlyMap<string, ObjectStoreSettings>
  /** Empty: any signature is accepted, on loopback only. */
  readonly callers: readonly Caller[]
  /** 32 bytes each, by KMS key ARN. */
  readonly masterKeys: ReadonlyMap<string, Buffer>
  readonly log: {
    /** Bytes of undelivered records above which puts are refused. */
    readonly quotaBytes: number
    readonly segmentBytes: number
    /** Bytes of shared segments kept before records of slow streams move to files of their own. */
    readonly sharedBytes: number
    readonly partitionsPerStream: number
  }
  readonly memory: { readonly budgetBytes: number }
  readonly retention: {
    /** Drop records that could not be delivered for this long; absent: never. */
    readonly failedMs?: number
  }
  readonly delivery: {
    readonly workers: number
    /** zlib level of GZIP and ZIP bodies. */
    readonly gzipLevel: number
    /** On shutdown, how long deliveries under way may take. */
    readonly graceMs: number
  }
  readonly quotas: QuotaSettings
  readonly logLevel: LogLevel
  /** Accept non-AWS hosts and http where the model allows only AWS and https. */
  readonly relaxPatterns: boolean
  readonly deliveryStreams: readonly DeclaredStream[]
}
