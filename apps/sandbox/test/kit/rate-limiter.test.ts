import t from 'tap'
import { createClock } from '../../src/kit/clock.ts'
import { createRateLimiter } from '../../src/kit/rate-limiter.ts'

const limit = { burst: 2, secondsPerRequest: 1, leastWaitSeconds: 5 }

t.test('counts how a client respects the waits of each bucket', async (t) => {
  const clock = createClock()
  const limiter = createRateLimiter(clock)
  const take = (count: number, bucket = 'one') => Array.from({ length: count }, () => limiter.take(bucket, limit))
  t.same(take(4), [undefined, undefined, 5, 5])
  t.same(limiter.counts(), { refused: 2, learned: 1, ignored: 0 }, 'the second refusal was under way at the first')
  clock.advance(3)
  take(1)
  t.same(limiter.counts(), { refused: 2, learned: 1, ignored: 1 }, 'the bucket has room, but the client was told to wait')
  clock.advance(3)
  t.same(take(3).filter((wait) => wait !== undefined), [5])
  take(3, 'two')
  t.same(limiter.counts(), { refused: 4, learned: 3, ignored: 1 })
  limiter.reset()
  t.same(limiter.counts(), { refused: 0, learned: 0, ignored: 0 })
})
