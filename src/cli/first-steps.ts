/** The three lines that take a newcomer from a running server to a delivered record. */

import type { Config } from '../config/config.ts'

/**
 * Base64 of "Hello from Hydrant" and a newline: version 2 of the AWS CLI wants base64 here and decodes it;
 * version 1 sends it as it stands. Both work.
 */
const DATA = Buffer.from('Hello from Hydrant\n').toString('base64')
const NAME = 'hello'
/** No buffering, so that the object is there when the third line asks for it. */
const HINTS = 'BufferingHints={SizeInMBs=1,IntervalInSeconds=0}'

/** @returns lines for a POSIX shell: create a stream, put a record, list the object */
export function firstSteps(config: Config, url: string): readonly string[] {
  const settings = `RoleARN=arn:aws:iam::${config.accountId}:role/hydrant,BucketARN=arn:aws:s3:::${NAME},${HINTS}`
  const firehose = `${awsCommand(config, url)} firehose`
  const stream = `--delivery-stream-name ${NAME}`
  return [
    `${firehose} create-delivery-stream ${stream} --extended-s3-destination-configuration '${settings}'`,
    `${firehose} put-record ${stream} --record Data=${DATA}`,
    listObjects(config),
  ]
}

function awsCommand(config: Config, url: string): string {
  // Without callers any signature will do, but the CLI refuses to make one from nothing.
  const credentials = config.callers.length === 0 ? 'AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any ' : ''
  const trust = config.tls === undefined ? '' : ` --ca-bundle ${quote(config.tls.certPath)}`
  return `${credentials}aws --endpoint-url ${reachable(url)} --region ${config.region}${trust}`
}

/** All interfaces is no address to connect to, and in no certificate. */
function reachable(url: string): string {
  return url.replace(/^(https?:\/\/)(\[::\]|0\.0\.0\.0)(?=:|\/|$)/, '$1127.0.0.1')
}

function listObjects(config: Config): string {
  const store = config.buckets.get(NAME) ?? config.objectStore
  if (store.kind === 'directory') return `find ${quote(`${store.path}/${NAME}`)} -type f`
  const endpoint = store.endpoint === undefined ? '' : ` --endpoint-url ${store.endpoint}`
  return `aws s3 ls --recursive s3://${NAME}/ --region ${store.region}${endpoint}`
}

function quote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
