/** Who may call the API: the list `callers` of the file, and the one caller of the single settings. */

import { type FileContext, readBlock, readList, readMap } from './block.ts'
import type { Caller } from './config.ts'
import * as kinds from './kinds.ts'
import type { Located, Member } from './located.ts'
import { ALLOW_ALL, readPolicy } from './policy.ts'
import type { Problems } from './problems.ts'
import { OBJECT_STORE_SETTINGS, type Setting } from './settings.ts'
import type { Given } from './sources.ts'
import { parseValues } from './values.ts'

const expiry: kinds.Kind<number> = {
  placeholder: 'time',
  allowed: 'a time such as 2027-01-31T00:00:00Z',
  parse: (text) => {
    const pattern = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/
    const ms = pattern.test(text) ? Date.parse(text) : Number.NaN
    if (Number.isNaN(ms))
      throw new kinds.ValueError('must be a date (UTC) or a time such as 2027-01-31T00:00:00Z')
    return ms
  },
}

/** The single values of one entry of `callers`; `policy` stands beside them. */
export const CALLER_SETTINGS = {
  accessKeyId: { kind: OBJECT_STORE_SETTINGS.accessKeyId.kind, description: 'Access key id; needed.' },
  secretAccessKey: { kind: kinds.secret, description: 'Secret access key; needed.' },
  sessionToken: {
    kind: kinds.secret,
    description: 'When set, requests must carry it as `X-Amz-Security-Token`.',
  },
  expires: { kind: expiry, description: 'After this time requests are answered with ExpiredTokenException.' },
  arn: {
    kind: kinds.textOf({ placeholder: 'arn', allowed: 'an ARN', pattern: /^arn:\S+$/ }),
    otherwise: 'the user of the access key id in the account',
    description: 'How messages name this caller.',
  },
} as const satisfies Record<string, Setting>

const BLOCK_SETTINGS = new Map<string, Setting>(Object.entries(CALLER_SETTINGS))

/** The caller whom `accessKeyId` and `secretAccessKey` (HYDRANT_ACCESS_KEY_ID, …) describe, if they do. */
export function singleCaller(
  id: { given: Given | undefined; value: string | undefined },
  secret: { given: Given | undefined; value: string | undefined },
  accountId: string,
  problems: Problems,
): Caller | undefined {
  if (id.given !== undefined && secret.given === undefined) {
    problems.add(id.given.where, 'accessKeyId needs secretAccessKey (HYDRANT_SECRET_ACCESS_KEY) beside it')
  }
  if (id.given === undefined && secret.given !== undefined) {
    problems.add(secret.given.where, 'secretAccessKey needs accessKeyId (HYDRANT_ACCESS_KEY_ID) beside it')
  }
  if (id.value === undefined || secret.value === undefined) return undefined
  return {
    accessKeyId: id.value,
    secretAccessKey: secret.value,
    arn: userArn(accountId, id.value),
    policy: ALLOW_ALL,
  }
}

/** The entries of `callers` that can be read; `taken` are access key ids that another caller has. */
export function readCallers(
  member: Member | undefined,
  taken: readonly string[],
  accountId: string,
  homeDirectory: string,
  context: FileContext,
): readonly Caller[] {
  const ids = new Set(taken)
  const callers: Caller[] = []
  for (const item of member === undefined ? [] : readList('callers', member.value, context)) {
    const caller = readCaller(item, accountId, homeDirectory, context)
    if (caller === undefined) continue
    if (ids.has(caller.accessKeyId))
      context.problems.add(item.where, 'another caller has the same accessKeyId')
    ids.add(caller.accessKeyId)
    callers.push(caller)
  }
  return callers
}

function readCaller(
  item: Located,
  accountId: string,
  homeDirectory: string,
  context: FileContext,
): Caller | undefined {
  const map = readMap('each caller', item, context)
  if (map === undefined) return undefined
  const { given, structured } = readBlock(map, BLOCK_SETTINGS, ['policy'], context)
  const values = parseValues(CALLER_SETTINGS, given, homeDirectory, context.problems)
  for (const name of ['accessKeyId', 'secretAccessKey']) {
    if (!map.members.has(name)) context.problems.add(map.where, `the caller needs ${name}`)
  }
  const policy = structured.get('policy')
  const statements = policy === undefined ? ALLOW_ALL : readPolicy(policy.value, context)
  if (values.accessKeyId === undefined || values.secretAccessKey === undefined) return undefined
  return {
    accessKeyId: values.accessKeyId,
    secretAccessKey: values.secretAccessKey,
    ...(values.sessionToken === undefined ? {} : { sessionToken: values.sessionToken }),
    ...(values.expires === undefined ? {} : { expiresAtMs: values.expires }),
    arn: values.arn ?? userArn(accountId, values.accessKeyId),
    policy: statements,
  }
}

function userArn(accountId: string, accessKeyId: string): string {
  return `arn:aws:iam::${accountId}:user/${accessKeyId}`
}
