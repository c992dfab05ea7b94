/** Where a soak delivers to: the server's own directory, or a real S3 server whose files can be read. */

export interface SoakStore {
  /** `HYDRANT_*` settings without the prefix. */
  readonly settings: Readonly<Record<string, string>>
  /** Undefined: where the server keeps buckets by default. */
  readonly bucketsPath?: string
  close(): Promise<void>
}

export async function openStore(name: string): Promise<SoakStore> {
  if (name === 'directory') return { settings: {}, close: async () => undefined }
  throw new Error(`--store is directory or s3, not ${name}`)
}
