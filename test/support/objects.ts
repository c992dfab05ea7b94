/** Delivered objects, read from the folder of a bucket and unpacked by readers that are not the server's own. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gunzipSync, inflateRawSync } from 'node:zlib'
import { uncompressSync } from 'snappy'

/** Where each S3 server keeps what is not an object yet. */
const NOT_OBJECTS = /^(\.sgwtmp|\.hydrant-tmp)\//

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b])
const ZIP_MAGIC = Buffer.from('PK\x03\x04', 'latin1')
const SNAPPY_JAVA_MAGIC = Buffer.from('\x82SNAPPY\x00', 'latin1')

export interface StoredObject {
  readonly key: string
  readonly path: string
}

/** Objects of a bucket by key; an empty list when the bucket is missing. */
export function listObjects(bucketsPath: string, bucket: string): readonly StoredObject[] {
  const folder = join(bucketsPath, bucket)
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ key: relative(folder, path), path }))
    .filter(({ key }) => !NOT_OBJECTS.test(key))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
}

/** The records of an object, one behind the other: unpacked by what its bytes say it is. */
export function readObject({ path }: StoredObject): Buffer {
  return unpack(readFileSync(path), path)
}

function unpack(bytes: Buffer, path: string): Buffer {
  const startsWith = (magic: Buffer) => bytes.subarray(0, magic.length).equals(magic)
  if (startsWith(GZIP_MAGIC)) return gunzipSync(bytes)
  if (startsWith(ZIP_MAGIC)) return unzip(bytes)
  if (startsWith(SNAPPY_JAVA_MAGIC)) return readSnappyJava(bytes)
  return path.endsWith('.snappy') ? readHadoopSnappy(bytes) : bytes
}

/** The one entry of an archive, found through its central directory as the format demands (APPNOTE 4.3). */
function unzip(bytes: Buffer): Buffer {
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  const entry = bytes.readUInt32LE(end + 16)
  const method = bytes.readUInt16LE(entry + 10)
  const packedBytes = bytes.readUInt32LE(entry + 20)
  const local = bytes.readUInt32LE(entry + 42)
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
  const packed = bytes.subarray(start, start + packedBytes)
  return method === 0 ? packed : inflateRawSync(packed)
}

const SNAPPY_JAVA_HEADER_BYTES = 16

/** snappy-java's stream: a header, then blocks with their packed length. */
function readSnappyJava(bytes: Buffer): Buffer {
  const blocks: Buffer[] = []
  for (let at = SNAPPY_JAVA_HEADER_BYTES; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    blocks.push(uncompressBlock(bytes.subarray(at + 4, at + 4 + length)))
    at += 4 + length
  }
  return Buffer.concat(blocks)
}

/** Hadoop's: blocks with their plain length, each of chunks with their packed length. */
function readHadoopSnappy(bytes: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    let plainBytes = bytes.readUInt32BE(at)
    at += 4
    while (plainBytes > 0) {
      const length = bytes.readUInt32BE(at)
      const chunk = uncompressBlock(bytes.subarray(at + 4, at + 4 + length))
      chunks.push(chunk)
      plainBytes -= chunk.length
      at += 4 + length
    }
  }
  return Buffer.concat(chunks)
}

function uncompressBlock(block: Buffer): Buffer {
  const plain = uncompressSync(block)
  return typeof plain === 'string' ? Buffer.from(plain) : plain
}
