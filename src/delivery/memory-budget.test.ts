import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededChance } from '../../test/simulation/seeded-chance.ts'
import { settled } from '../../test/simulation/simulated-clock.ts'
import { SimulatedDisk } from '../../test/simulation/simulated-disk.ts'
import type { BodyEncoder } from '../formats/body.ts'
import { UncompressedEncoder } from '../formats/uncompressed.ts'
import { GrowingBody } from './growing-body.ts'
import { MemoryBudget } from './memory-budget.ts'

const KIB = 1024

function newBodies(
  budget: MemoryBudget,
  count: number,
  newEncoder: () => BodyEncoder = () => new UncompressedEncoder(),
) {
  const disk = new SimulatedDisk(['/spool'])
  let last = 0
  const spool = { disk, newPath: () => `/spool/${++last}` }
  return { disk, bodies: Array.from({ length: count }, () => new GrowingBody(newEncoder(), budget, spool)) }
}

test('holds, however many bodies grow at once', async () => {
  for (const seed of [1, 2, 3]) {
    const chance = new SeededChance(seed)
    const fillsMax = 4
    const budgetBytes = 512 * KIB
    const addedMax = 64 * KIB
    const budget = new MemoryBudget(budgetBytes, fillsMax)
    const { disk, bodies } = newBodies(budget, 100)
    disk.turns = () => 1 + chance.integer(5)
    let highest = 0
    await Promise.all(
      bodies.map(async (body, i) => {
        for (let added = 0; added < 256 * KIB; added += addedMax) {
          await budget.fill(async () => {
            for (let turns = chance.integer(4); turns > 0; turns--) await undefined
            body.write(Buffer.alloc(addedMax, i))
            highest = Math.max(highest, budget.bufferedBytes)
          })
        }
        body.end()
      }),
    )
    assert.ok(highest <= budgetBytes + fillsMax * addedMax, `${highest} bytes in memory`)
    assert.equal(budget.bufferedBytes + budget.spooledBytes, 100 * 256 * KIB)
    for (const [i, body] of bodies.entries()) {
      let length = 0
      for await (const chunk of body.read()) {
        assert.ok(chunk.every((byte) => byte === i))
        length += chunk.length
      }
      assert.equal(length, 256 * KIB)
      await body.dispose()
    }
    assert.equal(budget.bufferedBytes, 0)
    assert.deepEqual(disk.filesIn('/spool'), [])
  }
})

test('spills the largest body, and no more than it must', async () => {
  const budget = new MemoryBudget(300 * KIB, 1)
  const { bodies } = newBodies(budget, 3)
  for (const [i, body] of bodies.entries()) body.write(Buffer.alloc((i + 1) * 60 * KIB))
  await budget.fill(async () => undefined)
  assert.deepEqual(
    bodies.map((body) => body.spooledBytes),
    [0, 0, 180 * KIB],
  )
})

test('does not wait for what encoders hold', async () => {
  const budget = new MemoryBudget(10 * KIB, 1)
  newBodies(budget, 1, () => ({ write: () => [], end: () => [], heldBytes: 20 * KIB }))
  assert.equal(await budget.fill(async () => 'done'), 'done')
})

test('a fill that fails gives its turn to the next', async () => {
  const budget = new MemoryBudget(10 * KIB, 1)
  await assert.rejects(
    budget.fill(async () => {
      throw new Error('unreadable')
    }),
    /unreadable/,
  )
  assert.equal(await budget.fill(async () => 'done'), 'done')
})

test('nothing is added while the spool cannot be written', async () => {
  const budget = new MemoryBudget(10 * KIB, 1)
  const { disk, bodies } = newBodies(budget, 1)
  bodies[0]!.write(Buffer.alloc(20 * KIB))
  disk.inject({ operation: 'write', code: 'ENOSPC' })
  let added = 0
  const add = async () => {
    added++
  }
  await assert.rejects(budget.fill(add), /ENOSPC/)
  assert.equal(added, 0)
  await budget.fill(add)
  assert.equal(added, 1)
})

test('fills take turns in the order in which they came', async () => {
  const budget = new MemoryBudget(10 * KIB, 2)
  const order: number[] = []
  let running = 0
  const fills = [0, 1, 2, 3, 4].map((i) =>
    budget.fill(async () => {
      order.push(i)
      assert.ok(++running <= 2)
      await settled()
      running--
    }),
  )
  await Promise.all(fills)
  assert.deepEqual(order, [0, 1, 2, 3, 4])
})
