import t from 'tap'
import { createHeadroom } from '../../src/pulls/headroom.ts'

/** Sends as many requests as allowed until the limit is reached. Returns their number. */
function askAll (limit: number, { atOnce = 16, others = 0 } = {}): { asked: number, maximum: number } {
  const headroom = createHeadroom()
  let [asked, maximum, used] = [0, 0, 0]
  for (let isFull = false; !isFull;) {
    let underWay = 0
    while (underWay < atOnce && headroom.isFree()) {
      headroom.begin()
      underWay++
    }
    maximum = Math.max(maximum, underWay)
    for (; underWay > 0; underWay--) {
      asked++
      used += 1 + others
      const percent = Math.floor(100 * used / limit)
      headroom.recordUsage(percent)
      headroom.end()
      isFull ||= percent >= 90
    }
  }
  return { asked, maximum }
}

t.test('never exceeds the limit, however low it is', async (t) => {
  for (const limit of [1, 2, 3, 5, 10, 20, 50, 100, 150, 1_000, 10_000]) {
    const { asked } = askAll(limit)
    t.ok(asked <= limit, `${asked} of ${limit}`)
    t.ok(asked >= 0.85 * limit, 'and not for much less')
  }
})

t.test('leaves room for requests of other workers', async (t) => {
  for (const limit of [20, 100, 1_000]) {
    const { asked } = askAll(limit, { others: 1 })
    t.ok(asked * 2 <= limit, `${asked} of ${limit}, where another worker asks for as much`)
  }
})

t.test('allows unlimited concurrency while usage is low or not reported', async (t) => {
  t.equal(askAll(100_000).maximum, 16)
  const headroom = createHeadroom()
  for (let index = 0; index < 2; index++) {
    t.ok(headroom.isFree())
    headroom.begin()
    t.notOk(headroom.isFree(), 'one after the other at first')
    headroom.end()
  }
  for (let index = 0; index < 100; index++) {
    t.ok(headroom.isFree())
    headroom.begin()
  }
})

t.test('allows one request at a time at the limit, and more in the next window', async (t) => {
  const headroom = createHeadroom()
  const answer = (percent: number) => {
    headroom.begin()
    headroom.recordUsage(percent)
    headroom.end()
  }
  for (const percent of [80, 85, 90, 95]) answer(percent)
  t.ok(headroom.isFree())
  headroom.begin()
  t.notOk(headroom.isFree())
  headroom.recordUsage(5)
  headroom.end()
  for (let index = 0; index < 17; index++) {
    t.ok(headroom.isFree(), `${index} of 17`)
    headroom.begin()
  }
  t.notOk(headroom.isFree(), 'since each costs five percent')
})
