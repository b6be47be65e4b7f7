import t from 'tap'
import { percentile, summarize } from '../src/statistics.ts'

t.test('returns a percentile by nearest rank', async (t) => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  t.equal(percentile(hundred, 50), 50)
  t.equal(percentile(hundred, 99), 99)
  t.equal(percentile(hundred, 100), 100)
  t.equal(percentile([7], 99), 7)
  t.equal(percentile([1, 2, 3], 50), 2)
  t.ok(Number.isNaN(percentile([], 50)))
  t.equal(hundred[0], 100, 'it does not reorder the values')
})

t.test('summarizes rounds by median, minimum and maximum', async (t) => {
  t.same(summarize([3, 1, 2]), { median: 2, low: 1, high: 3 })
  t.same(summarize([4, 1, 3, 2]), { median: 2.5, low: 1, high: 4 })
  t.same(summarize([5]), { median: 5, low: 5, high: 5 })
  t.same(summarize([10, 9, 100]), { median: 10, low: 9, high: 100 }, 'as numbers, not as text')
})
