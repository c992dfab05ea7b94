import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock, settled } from '../../test/simulation/simulated-clock.ts'
import { Wake } from './wake.ts'

/** Starts to sleep; says whether that has ended. */
function sleeping(wake: Wake, timeoutMs?: number): () => boolean {
  let isOver = false
  void wake.sleep(timeoutMs).then(() => {
    isOver = true
  })
  return () => isOver
}

test('sleeps until it is notified', async () => {
  const wake = new Wake(new SimulatedClock())
  const isOver = sleeping(wake)
  await settled()
  assert.equal(isOver(), false)
  wake.notify()
  await settled()
  assert.equal(isOver(), true)
})

test('a notification before the sleep is not missed, and counts once', async () => {
  const wake = new Wake(new SimulatedClock())
  wake.notify()
  wake.notify()
  const first = sleeping(wake)
  await settled()
  assert.equal(first(), true)
  const second = sleeping(wake)
  await settled()
  assert.equal(second(), false)
})

test('sleeps no longer than it is told to, and leaves no timer behind', async () => {
  const clock = new SimulatedClock()
  const wake = new Wake(clock)
  const isOver = sleeping(wake, 100)
  await clock.advance(99)
  assert.equal(isOver(), false)
  await clock.advance(1)
  await settled()
  assert.equal(isOver(), true)
  void wake.sleep(100)
  wake.notify()
  await settled()
  assert.equal(clock.timers, 0)
})

test('does not sleep for no time at all', async () => {
  await new Wake(new SimulatedClock()).sleep(0)
})

test('a notification between the timer and the sleeper is seen by its next round', async () => {
  const clock = new SimulatedClock()
  const wake = new Wake(clock)
  let happened = 0
  let seen = 0
  const loop = (async () => {
    while (seen < 2) {
      await wake.sleep(10)
      seen = happened
    }
  })()
  clock.after(10, () => {
    happened = 1
    wake.notify()
    void Promise.resolve().then(() => {
      happened = 2
      wake.notify()
    })
  })
  await clock.advance(10)
  await settled()
  assert.equal(seen, 2)
  await loop
})
