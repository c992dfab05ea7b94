/** What S3 answers, in the codes and sentences of the Firehose guide ("Amazon S3 Data Delivery Errors"). */

import { DeliveryError } from '../../errors.ts'

const SENTENCES: Readonly<Record<string, string>> = {
  'S3.NoSuchBucket':
    'The specified bucket does not exist. Create the bucket or use a different bucket that does exist.',
  'S3.AccessDenied':
    'Access was denied. Ensure that the credentials are right and the access policy allows access to the S3 bucket.',
  'S3.SlowDown': 'S3 asked to slow down. Delivery will be retried.',
  'S3.InvalidToken': 'The credentials were rejected.',
}

/** S3's error code to ours; others keep their name behind `S3.` when the guide has them. */
const CODES: Readonly<Record<string, string>> = {
  NoSuchBucket: 'S3.NoSuchBucket',
  AccessDenied: 'S3.AccessDenied',
  SignatureDoesNotMatch: 'S3.AccessDenied',
  Forbidden: 'S3.AccessDenied',
  InvalidAccessKeyId: 'S3.InvalidToken',
  InvalidToken: 'S3.InvalidToken',
  ExpiredToken: 'S3.InvalidToken',
  SlowDown: 'S3.SlowDown',
  ServiceUnavailable: 'S3.SlowDown',
  TooManyRequests: 'S3.SlowDown',
  AccountProblem: 'S3.AccountProblem',
  AllAccessDisabled: 'S3.AllAccessDisabled',
  InvalidPayer: 'S3.InvalidPayer',
  NotSignedUp: 'S3.NotSignedUp',
  MethodNotAllowed: 'S3.MethodNotAllowed',
  IllegalLocationConstraintException: 'S3.IllegalLocationConstraintException',
  'KMS.NotFoundException': 'S3.KMS.NotFoundException',
  'KMS.DisabledException': 'S3.KMS.KeyDisabled',
  'KMS.KMSInvalidStateException': 'S3.KMS.InvalidStateException',
  'KMS.ThrottlingException': 'S3.KMS.RequestLimitExceeded',
}

/** An S3 failure never sends records to the error output: every one is tried again. */
export function toDeliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error
  const name = error instanceof Error ? error.name : ''
  const byStatus = {
    403: 'S3.AccessDenied',
    405: 'S3.MethodNotAllowed',
    429: 'S3.SlowDown',
    503: 'S3.SlowDown',
  }
  const status = statusOf(error)
  const code = CODES[name] ?? byStatus[status as keyof typeof byStatus] ?? 'InternalError'
  const detail = error instanceof Error ? error.message : String(error)
  const message = SENTENCES[code] ?? `Delivery to S3 failed and will be retried: ${name} ${detail}`
  return new DeliveryError(code, message, { retryable: true, cause: error })
}

export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined
  const metadata = error.$metadata as { readonly httpStatusCode?: number }
  return metadata.httpStatusCode
}
