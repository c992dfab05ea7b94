/** What an S3 request asks for, read from its method and address (path style: `/<bucket>/<key>`). */

export type S3Operation =
  | 'PutObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListMultipartUploads'
  | 'HeadObject'
  | 'HeadBucket'
  | 'Other'

export interface S3Request {
  readonly operation: S3Operation
  readonly bucket: string
  readonly key: string
  /** Of UploadPart. */
  readonly partNumber?: number
}

export function readS3Request(method: string, target: string): S3Request {
  const url = new URL(target, 'http://s3')
  const [bucket = '', ...rest] = url.pathname.slice(1).split('/')
  const key = decodeURIComponent(rest.join('/'))
  const query = url.searchParams
  const partNumber = query.get('partNumber')
  return {
    operation: operationOf(method, key, query),
    bucket,
    key,
    ...(partNumber === null ? {} : { partNumber: Number(partNumber) }),
  }
}

function operationOf(method: string, key: string, query: URLSearchParams): S3Operation {
  if (key === '') {
    if (method === 'HEAD') return 'HeadBucket'
    return method === 'GET' && query.has('uploads') ? 'ListMultipartUploads' : 'Other'
  }
  switch (method) {
    case 'HEAD':
      return 'HeadObject'
    case 'PUT':
      return query.has('partNumber') ? 'UploadPart' : 'PutObject'
    case 'POST':
      return query.has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload'
    case 'DELETE':
      return query.has('uploadId') ? 'AbortMultipartUpload' : 'Other'
    default:
      return 'Other'
  }
}
