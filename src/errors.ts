/**
 * Errors are of three kinds: the caller's (`ApiError`, answered on the wire), the world's (`DeliveryError`,
 * retried or written to the error output), and ours (`assert`: crash, and recover from the log).
 */

/** HTTP status of each error type that the API answers with; every type not listed here has 400. */
const STATUS: Readonly<Record<string, number>> = {
  ServiceUnavailableException: 500,
  InternalFailure: 500,
}

export type ApiErrorType =
  // The Firehose model's own.
  | 'ConcurrentModificationException'
  | 'InvalidArgumentException'
  | 'InvalidKMSResourceException'
  | 'InvalidSourceException'
  | 'LimitExceededException'
  | 'ResourceInUseException'
  | 'ResourceNotFoundException'
  | 'ServiceUnavailableException'
  // The front end's, common to all AWS JSON services.
  | 'AccessDeniedException'
  | 'ExpiredTokenException'
  | 'IncompleteSignatureException'
  | 'InternalFailure'
  | 'InvalidParameterValueException'
  | 'InvalidSignatureException'
  | 'MissingAuthenticationTokenException'
  | 'SerializationException'
  | 'ThrottlingException'
  | 'UnknownOperationException'
  | 'UnrecognizedClientException'
  | 'ValidationException'

/** An answer to the caller: AWS's type, status and sentence. */
export class ApiError extends Error {
  readonly type: ApiErrorType
  readonly status: number
  /** The JSON key of the sentence: a few errors of AWS's front end spell it `Message`. */
  readonly messageKey: 'message' | 'Message'

  constructor(type: ApiErrorType, message: string, messageKey: 'message' | 'Message' = 'message') {
    super(message)
    this.name = type
    this.type = type
    this.status = STATUS[type] ?? 400
    this.messageKey = messageKey
  }
}

/** Something outside refused or did not answer. `code` is the guide's (`S3.NoSuchBucket`). */
export class DeliveryError extends Error {
  readonly code: string
  /** Whether another try may help; if not, the records go to the error output. */
  readonly retryable: boolean

  constructor(code: string, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.name = 'DeliveryError'
    this.code = code
    this.retryable = options.retryable
  }
}

/** The log cannot take records now: disk full, failing or over its quota. The caller may try again. */
export class LogUnavailableError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'LogUnavailableError'
  }
}

/** A mistake in what the operator gave us: flags, variables, the file, the data directory. Says what to do. */
export class OperatorError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode = 78) {
    super(message)
    this.name = 'OperatorError'
    this.exitCode = exitCode
  }
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
