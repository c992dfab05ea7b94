import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FramePool } from './frame-pool.ts'

test('storage of a frame serves the next one of about its size', () => {
  const pool = new FramePool(1024 * 1024)
  const first = pool.take(3, 10_000)
  pool.giveBack(first)
  assert.equal(pool.take(5, 9_500).storage, first.storage)
  assert.notEqual(pool.take(5, 9_500).storage, first.storage)
  assert.notEqual(pool.take(1, 100).storage, first.storage)
})

test('a frame is as long as its records ask for, and little of its storage is unused', () => {
  const pool = new FramePool(0)
  for (const bytes of [0, 1, 4000, 4096, 5000, 100_000, 4 * 1024 * 1024]) {
    const frame = pool.take(2, bytes)
    assert.equal(frame.bytes.length, 64 + 8 + bytes)
    assert.ok(frame.storage.length >= frame.bytes.length)
    assert.ok(frame.storage.length <= Math.max(4096, frame.bytes.length * 1.5))
  }
})

test('no more is kept than the pool may keep', () => {
  const pool = new FramePool(8192)
  const frames = Array.from({ length: 3 }, () => pool.take(1, 100))
  for (const frame of frames) pool.giveBack(frame)
  const again = [pool.take(1, 100), pool.take(1, 100), pool.take(1, 100)].map(({ storage }) => storage)
  assert.equal(frames.filter(({ storage }) => again.includes(storage)).length, 2)
})
