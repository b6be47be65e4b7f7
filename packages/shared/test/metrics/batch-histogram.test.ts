import { Histogram, Registry } from 'prom-client'
import t from 'tap'
import { createBatchHistogram } from '../../src/metrics/batch-histogram.ts'

const described = { name: 'wait_seconds', help: 'Time until something.', buckets: [0.1, 1, 10] }
const values = [0.05, 0.1, 0.11, 1, 5, 10, 11]

t.test('a scrape shows what a histogram of prom-client shows', async (t) => {
  const [own, theirs] = [new Registry(), new Registry()]
  const histogram = createBatchHistogram(own, { ...described, label: 'provider' })
  const expected = new Histogram({ ...described, labelNames: ['provider'], registers: [theirs] })
  t.equal(await own.metrics(), await theirs.metrics(), 'no series')
  histogram.zero('slack')
  expected.zero({ provider: 'slack' })
  t.equal(await own.metrics(), await theirs.metrics(), 'a series without values')
  histogram.observeAll('ntfy', values)
  histogram.observeAll('ntfy', [2])
  histogram.observeAll('ntfy', [])
  for (const value of [...values, 2]) expected.observe({ provider: 'ntfy' }, value)
  t.equal(await own.metrics(), await theirs.metrics())
  t.match(await own.getMetricsAsJSON(), [{ name: 'wait_seconds', type: 'histogram' }])
  t.throws(() => createBatchHistogram(own, { ...described, label: 'provider' }), /already been registered/)
})
