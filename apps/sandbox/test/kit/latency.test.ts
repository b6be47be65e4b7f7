import t from 'tap'
import { createLatency } from '../../src/kit/latency.ts'

const cycle = 1_000

t.test('varies around the median, and one response in a hundred is slow', async (t) => {
  const latency = createLatency()
  latency.setMedian(1_000)
  const times = Array.from({ length: cycle }, latency.nextMs).toSorted((one, other) => one - other)
  const at = (share: number): number => times[share * cycle] ?? NaN
  t.ok(Math.abs(at(0.5) - 1_000) < 20, 'the median')
  t.ok(at(0.25) > 780 && at(0.25) < 850 && at(0.75) > 1_200 && at(0.75) < 1_280, 'half of them within 20 %')
  t.equal(times.filter((time) => time === 5_000).length, cycle / 100)
})

t.test('repeats the same times in a mixed order', async (t) => {
  const latency = createLatency()
  latency.setMedian(150)
  const first = Array.from({ length: cycle }, latency.nextMs)
  t.same(Array.from({ length: cycle }, latency.nextMs), first)
  const mean = (times: number[]): number => times.reduce((sum, time) => sum + time, 0) / times.length
  for (let start = 0; start < cycle; start += 200) {
    t.ok(Math.abs(mean(first.slice(start, start + 200)) / mean(first) - 1) < 0.1, `${start} to ${start + 200}`)
  }
})

t.test('is zero before a median is set and after it is reset', async (t) => {
  const latency = createLatency()
  t.equal(latency.nextMs(), 0)
  latency.setMedian(150)
  t.ok(latency.nextMs() > 0)
  latency.setMedian(0)
  t.equal(latency.nextMs(), 0)
})
