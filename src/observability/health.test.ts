import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Health } from './health.ts'

it('is ready only between start and stop, and while puts are taken', () => {
  let condition: { accepting: boolean; reason?: string } = { accepting: true }
  const health = new Health(() => condition)
  assert.equal(health.check().status, 'starting')
  assert.equal(health.page().status, 503)

  health.started()
  assert.deepEqual(health.check(), { status: 'ready', reasons: [] })
  assert.equal(health.page().status, 200)

  condition = { accepting: false, reason: 'The disk is full.' }
  assert.deepEqual(health.check(), { status: 'degraded', reasons: ['The disk is full.'] })
  assert.equal(health.page().status, 503)

  condition = { accepting: true }
  assert.equal(health.page().status, 200)

  health.stopping()
  assert.equal(health.check().status, 'stopping')
  assert.deepEqual(JSON.parse(health.page().body), {
    status: 'stopping',
    reasons: ['The server is stopping.'],
  })
})
