/**
 * Every setting that is a single value, in one table. From it come the flags, the variables, the keys of the
 * file, `--help` and docs/configuration.md. The name in the file gives the other two: `s3.accessKeyId` is
 * HYDRANT_S3_ACCESS_KEY_ID and --s3-access-key-id.
 */

import type { Kind } from './kinds.ts'
import * as kinds from './kinds.ts'

export interface Setting<T = unknown> {
  readonly kind: Kind<T>
  /** Written as a person would; parsed like any other value. */
  readonly default?: string
  /** What holds when nothing is given and there is no fixed default. */
  readonly otherwise?: string
  /** One sentence. */
  readonly description: string
  /** Not a key of the file. */
  readonly outsideFile?: true
}

const MIB = 2 ** 20
const GIB = 2 ** 30
const TIB = 2 ** 40
const SECOND_MS = 1000
const HOUR_MS = 3600 * SECOND_MS

/** Where objects go. The block `s3`, and each entry of `buckets`, has these. */
export const OBJECT_STORE_SETTINGS = {
  directory: {
    kind: kinds.path,
    otherwise: '`s3` in the data directory, unless `s3.endpoint` is set',
    description: 'Keep objects as files in this directory, one folder a bucket.',
  },
  createBuckets: {
    kind: kinds.toggle,
    otherwise: '`true`',
    description: 'Make the folder of a bucket on first use (directory only).',
  },
  endpoint: {
    kind: kinds.endpoint,
    otherwise: 'objects go to the directory',
    description: "Deliver to this S3-compatible server; `aws` is AWS's own S3 of the region.",
  },
  region: {
    kind: kinds.textOf({
      placeholder: 'region',
      allowed: 'a region such as us-east-1',
      pattern: /^[\w-]{1,63}$/,
    }),
    otherwise: 'the value of `region`',
    description: 'Region that requests to S3 are signed for.',
  },
  accessKeyId: {
    kind: kinds.textOf({ placeholder: 'id', allowed: 'an access key id', pattern: /^[\w.@/+=-]{1,256}$/ }),
    otherwise: "the AWS SDK's own search: variables, shared files, instance role",
    description: 'Access key id for S3.',
  },
  secretAccessKey: {
    kind: kinds.secret,
    otherwise: 'as for `accessKeyId`',
    description: 'Secret access key for S3.',
  },
  sessionToken: {
    kind: kinds.secret,
    otherwise: 'none',
    description: 'Session token that belongs to the S3 credentials.',
  },
  forcePathStyle: {
    kind: kinds.toggle,
    otherwise: '`true`, but `false` for `aws`',
    description: 'Put the bucket into the path of the URL instead of the host name.',
  },
  sendAcl: {
    kind: kinds.toggle,
    otherwise: '`true`',
    description: 'Send `x-amz-acl: bucket-owner-full-control` as Firehose does; some servers refuse it.',
  },
  requestChecksums: {
    kind: kinds.oneOf('WHEN_SUPPORTED', 'WHEN_REQUIRED'),
    otherwise: '`WHEN_SUPPORTED`',
    description:
      'Send checksum headers always, or only where S3 asks for them, for servers that do not know them.',
  },
  connectTimeout: {
    kind: kinds.duration('s', 100, HOUR_MS),
    otherwise: '`5 s`',
    description: 'How long a connection to S3 may take to open.',
  },
  requestTimeout: {
    kind: kinds.duration('s', 100, HOUR_MS),
    otherwise: '`60 s`',
    description: 'How long S3 may stay silent before a try has failed.',
  },
  partSize: {
    kind: kinds.size(5 * MIB, 5 * GIB),
    otherwise: '`8 MiB`',
    description: 'Bodies larger than this go up in parts of this size.',
  },
} as const satisfies Record<string, Setting>

/** All others, by their place in the file. */
export const SERVER_SETTINGS = {
  config: {
    kind: kinds.path,
    otherwise: '`hydrant.yaml` in the working directory, when it is there',
    description: 'The configuration file.',
    outsideFile: true,
  },
  listen: {
    kind: kinds.address,
    default: '127.0.0.1:4573',
    description: 'Address of the API. Other than loopback needs callers.',
  },
  dataDir: {
    kind: kinds.path,
    otherwise: '`$XDG_DATA_HOME/hydrant`, or `~/.local/share/hydrant`',
    description: 'Directory of the log, the delivery streams and, by default, the objects.',
  },
  region: {
    kind: kinds.textOf({
      placeholder: 'region',
      allowed: 'a region such as us-east-1',
      pattern: /^[a-zA-Z0-9-]{1,63}$/,
    }),
    default: 'us-east-1',
    description: 'Region in the ARNs of delivery streams, and the one that requests must be signed for.',
  },
  accountId: {
    kind: kinds.textOf({ placeholder: 'digits', allowed: 'an account id of 12 digits', pattern: /^\d{12}$/ }),
    default: '000000000000',
    description: 'Account id in the ARNs of delivery streams.',
  },
  logLevel: {
    kind: kinds.oneOf('debug', 'info', 'warn', 'error', 'silent'),
    default: 'info',
    description: 'What is written to standard error; `debug` has a line for each object delivered.',
  },
  relaxPatterns: {
    kind: kinds.toggle,
    default: 'false',
    description: 'Accept any host and http where the Firehose API allows only AWS hosts and https.',
  },
  'tls.cert': {
    kind: kinds.path,
    otherwise: 'plain HTTP',
    description: 'Certificate (PEM, with its chain) to serve HTTPS with.',
  },
  'tls.key': {
    kind: kinds.path,
    otherwise: 'plain HTTP',
    description: 'Private key (PEM) of the certificate.',
  },
  accessKeyId: {
    kind: OBJECT_STORE_SETTINGS.accessKeyId.kind,
    otherwise: 'any signature is accepted, on loopback only',
    description: 'Access key id of one caller who may do everything; `callers` in the file has more.',
  },
  secretAccessKey: {
    kind: kinds.secret,
    otherwise: 'as for `accessKeyId`',
    description: 'Secret access key of that caller.',
  },
  'log.quota': {
    kind: kinds.size(64 * MIB, 2 ** 12 * TIB),
    // A day of one default stream at its AWS limit of 1 MiB/s is 84 GiB: an outage of a day fits.
    default: '100 GiB',
    description:
      'Undelivered records on disk above which puts are answered with ServiceUnavailableException.',
  },
  'log.segmentSize': {
    kind: kinds.size(8 * MIB, GIB),
    default: '64 MiB',
    description: 'Size of one file of the log.',
  },
  'log.sharedSize': {
    kind: kinds.size(64 * MIB, TIB),
    default: '512 MiB',
    description:
      'Size of the log that all delivery streams share; records that wait longer move to files of their own.',
  },
  'log.partitionsPerStream': {
    kind: kinds.integer(1, 64),
    default: '1',
    description:
      'Partitions of a new delivery stream: each is delivered on its own, so several use several cores.',
  },
  'memory.budget': {
    kind: kinds.size(32 * MIB, TIB),
    default: '256 MB',
    description: 'Memory for buffers of records on their way to destinations; what exceeds it waits on disk.',
  },
  'retention.failedHours': {
    kind: kinds.duration('h', HOUR_MS, 10 * 365 * 24 * HOUR_MS),
    otherwise: 'records are kept until they are delivered',
    description: 'Give up records that could not be delivered for this long (AWS: 24).',
  },
  'delivery.workers': {
    kind: kinds.integer(1, 64),
    otherwise: 'one less than the cores of the machine, from 1 to 4',
    description: 'Threads that build, compress and send objects.',
  },
  'delivery.gzipLevel': {
    kind: kinds.integer(1, 9),
    default: '3',
    description:
      'Effort for GZIP and ZIP objects: 1 is fast, 9 is small. 3 is 1.4 times as fast as 4, for objects 8 % larger.',
  },
  'delivery.grace': {
    kind: kinds.duration('s', 0, HOUR_MS),
    default: '10 s',
    description:
      'How long a shutdown waits for deliveries under way; the rest is delivered after the next start.',
  },
  'quotas.recordsPerSecond': quota('Records a second that each delivery stream takes.'),
  'quotas.requestsPerSecond': quota('Put requests a second that each delivery stream takes.'),
  'quotas.bytesPerSecond': {
    kind: kinds.size(1, TIB),
    otherwise: 'no limit',
    description: 'Bytes a second that each delivery stream takes.',
  },
  'quotas.controlRequestsPerSecond': quota('Calls a second of each operation other than puts (AWS: 5).'),
  'quotas.deliveryStreams': quota('Number of delivery streams (AWS: 5,000 in us-east-1).'),
} as const satisfies Record<string, Setting>

function quota(description: string) {
  return { kind: kinds.integer(1, 1e9), otherwise: 'no limit', description } as const
}

/** Values by name; those without a fixed default may be undefined. */
export type ValuesOf<S> = {
  readonly [K in keyof S]: S[K] extends { kind: Kind<infer T> }
    ? S[K] extends { default: string }
      ? T
      : T | undefined
    : never
}

/** Every setting by its place in the file: what flags and variables exist for. */
export const SETTINGS: ReadonlyMap<string, Setting> = new Map<string, Setting>([
  ...Object.entries(SERVER_SETTINGS),
  ...Object.entries(OBJECT_STORE_SETTINGS).map(([name, setting]) => [`s3.${name}`, setting] as const),
])

/** `s3.accessKeyId` → `HYDRANT_S3_ACCESS_KEY_ID` */
export function variableOf(path: string): string {
  return `HYDRANT_${words(path).join('_').toUpperCase()}`
}

/** `s3.accessKeyId` → `s3-access-key-id` */
export function flagOf(path: string): string {
  return words(path).join('-')
}

function words(path: string): string[] {
  return path.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).split(/[.-]/)
}
