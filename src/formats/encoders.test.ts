import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { gunzipSync, inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { uncompressSync } from 'snappy'
import type { CompressionFormat } from '../streams/delivery-stream.ts'
import type { BodyEncoder } from './body.ts'
import { newBodyEncoder } from './index.ts'

const UUID = '8f5ad0c4-5d8f-4f0e-9c4b-0c7a6a4a3a11'
const encoder = (format: CompressionFormat) => newBodyEncoder(format, { gzipLevel: 4, uuid: () => UUID })

function encode(body: BodyEncoder, writes: readonly Uint8Array[]): Buffer {
  const chunks: Uint8Array[] = []
  for (const write of writes) {
    // Encoders may not keep the caller's bytes: they are overwritten right after.
    const lent = Buffer.from(write)
    chunks.push(...body.write(lent).map((chunk) => Buffer.from(chunk)))
    lent.fill(0xee)
  }
  chunks.push(...body.end())
  return Buffer.concat(chunks)
}

const decoders: Readonly<Record<CompressionFormat, (body: Buffer) => Buffer>> = {
  UNCOMPRESSED: (body) => body,
  GZIP: (body) => gunzipSync(body),
  ZIP: unzip,
  Snappy: (body) => {
    assert.equal(body.subarray(0, 16).toString('hex'), '82534e4150505900' + '00000001' + '00000001')
    const blocks: Buffer[] = []
    for (let at = 16; at < body.length; ) {
      const length = body.readInt32BE(at)
      blocks.push(uncompressSync(body.subarray(at + 4, at + 4 + length)) as Buffer)
      at += 4 + length
    }
    return Buffer.concat(blocks)
  },
  HADOOP_SNAPPY: (body) => {
    const blocks: Buffer[] = []
    for (let at = 0; at < body.length; ) {
      const length = body.readInt32BE(at + 4)
      const block = uncompressSync(body.subarray(at + 8, at + 8 + length)) as Buffer
      assert.equal(block.length, body.readInt32BE(at))
      blocks.push(block)
      at += 8 + length
    }
    return Buffer.concat(blocks)
  },
}

function unzip(body: Buffer): Buffer {
  assert.equal(body.readUInt32LE(0), 0x04034b50)
  const directory = body.readUInt32LE(body.length - 6)
  assert.equal(body.readUInt32LE(directory), 0x02014b50)
  const compressed = body.readUInt32LE(directory + 20)
  const name = body.toString('latin1', 30, 30 + body.readUInt16LE(26))
  assert.equal(name, UUID)
  return inflateRawSync(body.subarray(30 + name.length, 30 + name.length + compressed))
}

for (const [name, decode] of Object.entries(decoders)) {
  const format = name as CompressionFormat

  test(`${name}: what was written comes out, however it was cut`, () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 0, max: 300_000 }).map((length) => Buffer.alloc(length, 'log line\n')),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (writes) => {
        assert(decode(encode(encoder(format), writes)).equals(Buffer.concat(writes)))
      }),
      { numRuns: 40 },
    )
  })

  test(`${name}: holds no more than a block`, () => {
    const body = encoder(format)
    for (let i = 0; i < 2000; i++) body.write(Buffer.alloc(500, 'x'))
    assert(body.heldBytes <= 128 * 1024)
    body.end()
    assert.equal(body.heldBytes, 0)
  })
}

test('Snappy is byte for byte what snappy-java writes', () => {
  const hex = '82534e4150505900' + '00000001' + '00000001' + '00000005' + '0308616263'
  assert.equal(encode(encoder('Snappy'), [Buffer.from('abc')]).toString('hex'), hex)
})

test('HADOOP_SNAPPY is byte for byte what Hadoop writes', () => {
  const hex = '00000003' + '00000005' + '0308616263'
  assert.equal(encode(encoder('HADOOP_SNAPPY'), [Buffer.from('abc')]).toString('hex'), hex)
})

test("GZIP and ZIP open with Python's readers", (t) => {
  if (spawnSync('python3', ['--version']).status !== 0) {
    t.skip('python3 is not on this machine')
    return
  }
  const data = Buffer.from('a line of a log\n'.repeat(50_000))
  const script =
    'import sys,io,gzip,zipfile,hashlib\n' +
    'b=sys.stdin.buffer.read()\n' +
    'z=None if sys.argv[1]=="GZIP" else zipfile.ZipFile(io.BytesIO(b))\n' +
    'd=gzip.decompress(b) if z is None else z.read(z.namelist()[0])\n' +
    'assert z is None or (len(z.namelist())==1 and z.testzip() is None)\n' +
    'print(len(d), d.count(b"\\n"))'
  for (const format of ['GZIP', 'ZIP'] as const) {
    const { stdout, stderr } = spawnSync('python3', ['-c', script, format], {
      input: encode(encoder(format), [data]),
      encoding: 'utf8',
    })
    assert.equal(stdout, `${data.length} 50000\n`, stderr)
  }
})
