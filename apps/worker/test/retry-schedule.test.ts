import t from 'tap'
import { longestWaitsMs, retryDelayMs } from '../src/deliver/retry-schedule.ts'

t.test('grows from one second to one hour', async (t) => {
  t.equal(longestWaitsMs[0], 1_000)
  t.equal(longestWaitsMs.at(-1), 3_600_000)
  t.same(longestWaitsMs, [...longestWaitsMs].sort((one, other) => one - other))
})

t.test('ends after twelve attempts', async (t) => {
  t.type(retryDelayMs(11), 'number')
  t.equal(retryDelayMs(12), undefined)
})

t.test('waits for any length up to the longest', async (t) => {
  t.equal(retryDelayMs(3, () => 0), 0)
  t.equal(retryDelayMs(3, () => 0.5), 2_000)
  t.ok((retryDelayMs(3, () => 0.999) ?? 0) < 4_000)
})
