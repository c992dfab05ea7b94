/** Writes docs/configuration.md from the tables that the loader reads: the two cannot differ. */

import { CALLER_SETTINGS } from './callers.ts'
import { flagOf, SETTINGS, type Setting, variableOf } from './settings.ts'

const GROUPS: readonly (readonly [prefix: string, title: string, introduction: string])[] = [
  ['', 'Server', ''],
  ['tls', 'TLS', 'Both together, or neither. The files are read at start.'],
  [
    's3',
    'S3',
    'Objects go to a directory or to an endpoint, not both. Settings that belong to the other of the two are an error.',
  ],
  ['log', 'Log', 'Where records wait, synced to disk, until they are delivered.'],
  ['memory', 'Memory', ''],
  ['retention', 'Retention', ''],
  ['delivery', 'Delivery', ''],
  [
    'quotas',
    'Quotas',
    "Emulation of AWS's quotas, to see how producers behave when they are throttled. All are off unless set.",
  ],
]

/** @returns docs/configuration.md */
export function configurationReference(): string {
  const groups = GROUPS.map(([prefix, title, introduction]) => group(prefix, title, introduction))
  return `${INTRODUCTION}\n${groups.join('\n')}\n${STRUCTURED}`
}

function group(prefix: string, title: string, introduction: string): string {
  const settings = [...SETTINGS].filter(([path]) => groupOf(path) === prefix)
  const text = introduction === '' ? '' : `${introduction}\n\n`
  return `## ${title}\n\n${text}${settings.map(([path, setting]) => entry(path, setting)).join('\n')}`
}

function groupOf(path: string): string {
  return path.includes('.') ? path.split('.')[0]! : ''
}

function entry(path: string, setting: Setting): string {
  const name = setting.outsideFile ? '(not in the file)' : `\`${path}\``
  const fallback = setting.default === undefined ? (setting.otherwise ?? 'none') : `\`${setting.default}\``
  return `### ${path}

${setting.description}

| file | variable | flag | value | default |
|---|---|---|---|---|
| ${name} | \`${variableOf(path)}\` | \`--${flagOf(path)}\` | ${setting.kind.allowed.replaceAll('|', '\\|')} | ${fallback} |
`
}

function table(settings: Readonly<Record<string, Setting>>): string {
  const rows = Object.entries(settings).map(
    ([name, { kind, description }]) => `| \`${name}\` | ${kind.allowed} | ${description} |`,
  )
  return `| name | value | meaning |\n|---|---|---|\n${rows.join('\n')}`
}

const INTRODUCTION = `# Configuration

<!-- Made by "npm run docs" from src/config/settings.ts; a test keeps it in step. -->

Nothing needs to be configured to try Hydrant. Every setting below can be given in three ways; where several are
given, a flag wins over a variable, and a variable over the file:

\`\`\`sh
npm start -- --listen 127.0.0.1:8080          # or: hydrant serve --listen 127.0.0.1:8080
HYDRANT_LISTEN=127.0.0.1:8080 npm start
echo 'listen: 127.0.0.1:8080' > hydrant.yaml; npm start
\`\`\`

\`hydrant check-config\` takes the same flags and variables, says every mistake with its place, and starts nothing.
An unknown key, flag or variable that starts with \`HYDRANT_\` is an error, so that a misspelt one is not ignored.

* **Sizes** are numbers with \`kB\`, \`MB\`, \`GB\`, \`TB\` (powers of 1000) or \`KiB\`, \`MiB\`, \`GiB\`, \`TiB\` (powers of
  1024); a plain number counts bytes. **Durations** are numbers with \`ms\`, \`s\`, \`min\`, \`h\` or \`d\`.
* **Relative paths** start at the folder of the file they stand in; in flags and variables at the working directory.
  \`~/\` is the home directory.
* **An empty variable** counts as not set.
* **Secrets** need not lie in the file: a value that is wholly \`\${NAME}\` is replaced by the variable \`NAME\`
  (not in \`deliveryStreams\`, whose values are taken as they stand). Secrets in flags can be seen by other users of
  the machine; prefer variables.
* The file is YAML 1.2, at most 8 MiB. Names with dots are nested blocks: \`log.quota\` is \`quota\` in the block \`log\`.
* Kubernetes adds variables such as \`HYDRANT_PORT\` and \`HYDRANT_SERVICE_HOST\` for a service named \`hydrant\`; these
  are left alone.
`

const STRUCTURED = `## In the file only

### callers

Who may call the API. With no caller at all, any signature is accepted, and the server listens on loopback only.

${table(CALLER_SETTINGS)}

\`policy\` is a list of statements; without it the caller may do everything. As in IAM, a matching \`Deny\` wins over
every \`Allow\`, and what nothing allows is refused with AccessDeniedException. \`*\` stands for any characters, \`?\`
for one.

\`\`\`yaml
callers:
  - accessKeyId: web-shop
    secretAccessKey: \${WEB_SHOP_SECRET}
    policy:
      - effect: Allow
        actions: [firehose:PutRecord, firehose:PutRecordBatch]
        resources: ['arn:aws:firehose:*:*:deliverystream/shop-*']
  - accessKeyId: admin
    secretAccessKey: \${ADMIN_SECRET}
    policy:
      - { effect: Allow, actions: 'firehose:*', resources: '*' }
      - { effect: Deny, actions: 'firehose:DeleteDeliveryStream', resources: '*' }
\`\`\`

### masterKeys

The key behind each KMS key ARN that StartDeliveryStreamEncryption names: 32 bytes as base64 or hex, or in a file of
its own (as bytes, base64 or hex). \`openssl rand -base64 32\` makes one. Without it the ARN cannot be used
(InvalidKMSResourceException). Keep keys apart from backups of the data directory: together they can be read.

\`\`\`yaml
masterKeys:
  arn:aws:kms:us-east-1:000000000000:key/orders: \${ORDERS_KEY}
  arn:aws:kms:us-east-1:000000000000:key/audit: { file: /run/secrets/audit-key }
\`\`\`

### buckets

Buckets that live elsewhere than \`s3\` says. Each takes the settings of the block \`s3\`. How to send
(\`requestChecksums\`, \`sendAcl\`, timeouts, \`partSize\`) is taken from \`s3\` where the bucket says nothing; where it
lives, its region and its credentials never are.

\`\`\`yaml
s3:
  endpoint: https://s3.example.com
  accessKeyId: hydrant
  secretAccessKey: \${S3_SECRET}
buckets:
  archive:
    endpoint: aws
    region: eu-central-1
  scratch:
    directory: /var/tmp/scratch
\`\`\`

### deliveryStreams

Delivery streams that exist from the start, each in the shape of the request of CreateDeliveryStream. One that is
missing is created; one that differs is updated where UpdateDestination can do it, and an error otherwise. A stream
that is no longer listed stays. Quote values that start with \`!\`.

\`\`\`yaml
deliveryStreams:
  - DeliveryStreamName: orders
    DeliveryStreamType: DirectPut
    ExtendedS3DestinationConfiguration:
      RoleARN: arn:aws:iam::000000000000:role/hydrant
      BucketARN: arn:aws:s3:::lake
      Prefix: 'orders/!{timestamp:yyyy/MM/dd}/'
      ErrorOutputPrefix: 'orders-failed/!{firehose:error-output-type}/'
      CompressionFormat: GZIP
      BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 300 }
\`\`\`
`
