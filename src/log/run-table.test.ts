import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Run, RunTable, runsOf } from './run-table.ts'

const run: Run = { partition: 1, epoch: 2 ** 40, position: 4096, bytes: 100, baseOffset: 0, endOffset: 10 }
const next: Run = { ...run, position: 4196, baseOffset: 10, endOffset: 15 }

function tableOf(...runs: Run[]): RunTable {
  const table = new RunTable()
  for (const each of runs) table.add(each)
  return table
}

test('a run that goes on where the last one ended becomes one with it', () => {
  assert.deepEqual([...tableOf(run, next)], [{ ...run, bytes: 200, endOffset: 15 }])
})

test('a run stays apart when partition, epoch, place or offset do not go on', () => {
  for (const other of [{ partition: 2 }, { epoch: 5 }, { position: 4200 }, { baseOffset: 11 }]) {
    assert.equal(tableOf(run, { ...next, ...other }).length, 2)
  }
})

test('a table is the same after it went through its columns', () => {
  const runs = Array.from({ length: 50 }, (_, i) => ({ ...run, partition: i, endOffset: 2 ** 53 - 1 }))
  const table = tableOf(...runs)
  assert.deepEqual([...table], runs)
  assert.deepEqual([...runsOf(table.toArray())], runs)
})
