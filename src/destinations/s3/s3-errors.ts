/** What S3 answers, in the codes and sentences of the Firehose guide ("Amazon S3 Data Delivery Errors"). */

import { DeliveryError, errorCode } from '../../errors.ts'

/** Of an answer, only so much is repeated. */
const DETAIL_CHARACTERS_MAX = 300

/** Error codes on S3's wire, in the words of the guide. */
const CODES: Readonly<Record<string, string>> = {
  InternalError: 'InternalError',
  NoSuchBucket: 'S3.NoSuchBucket',
  AccessDenied: 'S3.AccessDenied',
  SignatureDoesNotMatch: 'S3.AccessDenied',
  Forbidden: 'S3.AccessDenied',
  InvalidAccessKeyId: 'S3.InvalidToken',
  InvalidToken: 'S3.InvalidToken',
  ExpiredToken: 'S3.InvalidToken',
  CredentialsProviderError: 'S3.InvalidToken',
  SlowDown: 'S3.SlowDown',
  ServiceUnavailable: 'S3.SlowDown',
  TooManyRequests: 'S3.SlowDown',
  AccountProblem: 'S3.AccountProblem',
  AllAccessDisabled: 'S3.AllAccessDisabled',
  InvalidPayer: 'S3.InvalidPayer',
  NotSignedUp: 'S3.NotSignedUp',
  SubscriptionRequired: 'S3.SubscriptionRequired',
  MethodNotAllowed: 'S3.MethodNotAllowed',
  IllegalLocationConstraintException: 'S3.IllegalLocationConstraintException',
  AuthorizationHeaderMalformed: 'S3.IllegalLocationConstraintException',
  PermanentRedirect: 'S3.IllegalLocationConstraintException',
  TemporaryRedirect: 'S3.IllegalLocationConstraintException',
  'KMS.NotFoundException': 'S3.KMS.NotFoundException',
  'KMS.DisabledException': 'S3.KMS.KeyDisabled',
  'KMS.KMSInvalidStateException': 'S3.KMS.InvalidStateException',
  'KMS.ThrottlingException': 'S3.KMS.RequestLimitExceeded',
  'KMS.RequestLimitExceeded': 'S3.KMS.RequestLimitExceeded',
  'KMS.InvalidKeyUsageException': 'S3.KMS.AsymmetricCMKNotSupported',
  KMSKeyNotConfigured: 'S3.KMS.KeyNotConfigured',
}

/** For answers with no code or another one: those to HEAD have none, nor has what something in between says. */
const CODES_BY_STATUS: Readonly<Record<number, string>> = {
  301: 'S3.IllegalLocationConstraintException',
  307: 'S3.IllegalLocationConstraintException',
  401: 'S3.AccessDenied',
  403: 'S3.AccessDenied',
  405: 'S3.MethodNotAllowed',
  429: 'S3.SlowDown',
  503: 'S3.SlowDown',
}

const SENTENCES: Readonly<Record<string, string>> = {
  'S3.NoSuchBucket':
    'The specified bucket does not exist. Create the bucket or use a different bucket that does exist.',
  'S3.AccessDenied':
    'Access was denied. Ensure that the credentials for S3 are right, and that the access policy allows access to the S3 bucket.',
  'S3.SlowDown': 'S3 asks for fewer requests. Delivery will be retried.',
  'S3.InvalidToken':
    'The credentials for S3 were not accepted. Ensure that they are right and have not expired.',
  'S3.IllegalLocationConstraintException': 'The bucket lies in another region. Set the region of the bucket.',
  InternalError: 'An internal error occurred while attempting to deliver data. Delivery will be retried.',
}

/**
 * An S3 failure never sends records to the error output: every one is tried again. Messages hold what S3 said, never
 * what was sent to it.
 */
export function toDeliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error
  const status = statusOf(error)
  const name = error instanceof Error ? error.name : ''
  const code = CODES[name] ?? CODES_BY_STATUS[status ?? 0] ?? 'InternalError'
  const sentence = SENTENCES[code] ?? 'Delivery to S3 failed and will be retried.'
  return deliveryError(code, `${sentence} ${describe(error, name, status)}`, error)
}

/** What the other side said does not follow from what it was asked: it is not S3, or something stands before it. */
export function notS3(what: string): DeliveryError {
  return deliveryError('InternalError', `${SENTENCES['InternalError']} The answer is not one of S3: ${what}.`)
}

export function noSuchBucket(detail?: string): DeliveryError {
  const sentence = SENTENCES['S3.NoSuchBucket']!
  return deliveryError('S3.NoSuchBucket', detail === undefined ? sentence : `${sentence} ${detail}`)
}

export function deliveryError(code: string, message: string, cause?: unknown): DeliveryError {
  return new DeliveryError(code, message, { retryable: true, ...(cause === undefined ? {} : { cause }) })
}

/** HTTP status of an answer that the SDK reports as an error. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined
  const metadata = error.$metadata as { readonly httpStatusCode?: number }
  return metadata.httpStatusCode
}

function describe(error: unknown, name: string, status: number | undefined): string {
  const message = error instanceof Error ? error.message : String(error)
  // The SDK's own words for a body that it cannot read.
  if (message.includes('Deserialization error')) {
    return `S3 answered ${status ?? ''} with a body that is not S3's.`.replace('  ', ' ')
  }
  if (status !== undefined) return shorten(`S3 answered ${status} ${name}: ${message}`)
  // `connect ECONNREFUSED …`; an attempt at several addresses has only the code.
  return shorten(message === '' ? (errorCode(error) ?? name) : message)
}

function shorten(text: string): string {
  return text.length <= DETAIL_CHARACTERS_MAX ? text : `${text.slice(0, DETAIL_CHARACTERS_MAX)}…`
}
