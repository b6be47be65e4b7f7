import { openQueueBackend } from '@carillon/shared/queue'
import type { SharedCounts } from '@carillon/shared/queue'
import { ownRedis, until } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { createRateLimiter, windowSeconds } from '../../src/rate-limits/rate-limiter.ts'
import type { RateLimiter } from '../../src/rate-limits/rate-limiter.ts'

function openLimiter (t: Test, redisUrl: string, errors: unknown[] = []): RateLimiter {
  const backend = openQueueBackend({ databaseUrl: 'postgres://not.used.example/carillon', redisUrl, prefix: 'test', onError: () => {} })
  t.teardown(() => backend.close())
  const shared = backend.openCounts({ name: 'limits', windowSeconds })
  return createRateLimiter({ shared, now: Date.now, onError: (error) => { errors.push(error) } })
}

t.test('charges requests by their cost until the minute ends', async (t) => {
  let time = 0
  const { charge } = createRateLimiter({ shared: undefined, now: () => time, onError: () => t.fail() })
  t.same(charge('ann', 10, 6), { isExceeded: false, remaining: 4, resetSeconds: 60 })
  time += 20_500
  t.same(charge('ann', 10, 6), { isExceeded: true, remaining: 4, resetSeconds: 40 }, 'a refused request is not charged')
  t.same(charge('ann', 10, 4), { isExceeded: false, remaining: 0, resetSeconds: 40 })
  t.same(charge('bob', 10, 1), { isExceeded: false, remaining: 9, resetSeconds: 60 }, 'another caller')
  time += 39_499
  t.match(charge('ann', 10, 1), { isExceeded: true, resetSeconds: 1 })
  time += 1
  t.same(charge('ann', 10, 1), { isExceeded: false, remaining: 9, resetSeconds: 60 })
})

t.test('shares the limit with other processes, and limits alone while Redis is away', async (t) => {
  const redis = await ownRedis(t)
  if (redis === undefined) return
  const errors: unknown[] = []
  const one = openLimiter(t, redis.url)
  const other = openLimiter(t, redis.url, errors)
  // A limiter learns of the others with its own requests.
  const { remaining } = await until(() => {
    const status = other.charge('ann', 1_000_000, 1)
    one.charge('ann', 1_000_000, 1_000)
    return status.remaining < 990_000 && status
  })
  t.ok(remaining < 990_000, 'the requests at the other process count')
  t.same(errors, [])

  await redis.close()
  await until(() => {
    t.notOk(other.charge('ann', 1_000_000, 1).isExceeded)
    return errors.length > 0
  })
  t.ok(other.charge('ann', 10, 1).isExceeded, 'what is known still counts')
  t.notOk(other.charge('bob', 10, 10).isExceeded)
  t.ok(other.charge('bob', 10, 1).isExceeded)
})

t.test('counts only the requests of the new minute once the shared count has started again', async (t) => {
  let time = 0
  let additions = 0
  let window = { used: 0, endsAt: 0 }
  const shared: SharedCounts = {
    add: async (_name, points) => {
      additions++
      if (window.endsAt <= time) window = { used: 0, endsAt: time + windowSeconds * 1_000 }
      window.used += points
      return { used: window.used, endsInMs: window.endsAt - time }
    }
  }
  const { charge } = createRateLimiter({ shared, now: () => time, onError: () => t.fail() })
  charge('ann', 10, 6)
  await until(() => additions === 1)
  time = 59_950
  t.match(charge('ann', 10, 1), { isExceeded: false, remaining: 3 })
  // The minute ends before the addition is shared.
  time = 60_000
  await until(() => additions === 2)
  t.same(charge('ann', 10, 6), { isExceeded: false, remaining: 3, resetSeconds: 60 })
})
