import t from 'tap'
import { longestWaitsMs, retryDelayMs } from '../../src/deliveries/retry-schedule.ts'

t.test('increases from one second to one hour', async (t) => {
  t.equal(longestWaitsMs[0], 1_000)
  t.equal(longestWaitsMs.at(-1), 3_600_000)
  t.same(longestWaitsMs.map((ms) => ms / 1000), [1, 2, 4, 8, 15, 30, 60, 300, 900, 1_800, 3_600])
  const waits = longestWaitsMs.map((_, index) => retryDelayMs(index + 1, () => 0.5) ?? 0)
  t.same(waits, waits.toSorted((one, other) => one - other), 'in ascending order')
})

t.test('ends after twelve attempts', async (t) => {
  t.type(retryDelayMs(11), 'number')
  t.equal(retryDelayMs(12), undefined)
})

t.test('waits for a random time up to the maximum', async (t) => {
  t.equal(retryDelayMs(3, () => 0), 0)
  t.equal(retryDelayMs(3, () => 0.5), 2_000)
  t.ok((retryDelayMs(3, () => 0.999) ?? 0) < 4_000)
})
