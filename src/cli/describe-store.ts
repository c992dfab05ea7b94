import type { ObjectStoreSettings } from '../config/config.ts'

/** Where objects go, in words. */
export function describeStore(store: ObjectStoreSettings): string {
  if (store.kind === 'directory') return `${store.path}, one folder a bucket`
  return `${store.endpoint ?? "AWS's S3"}, region ${store.region}`
}
