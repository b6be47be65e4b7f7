import t from 'tap'
import { describeLimits } from '../../src/concurrency/describe-limits.ts'
import { createLimiter } from '../../src/concurrency/limiter.ts'

t.test('describes the limits of the busiest hosts, and why they fell', async (t) => {
  const limiter = createLimiter({ maxInFlight: 2_000, stopping: new AbortController().signal, now: () => Date.UTC(2026, 0, 1) })
  for (let host = 0; host < 150; host++) limiter.gateOf('ntfy', `${host}.example`, true)
  const own = limiter.gateOf('pushbullet', '', false)
  for (let slot = limiter.take(own, 'direct'); slot !== undefined; slot = limiter.take(own, 'direct')) slot.record('timeout', Date.UTC(2026, 0, 1))
  limiter.wait(own, 'broadcast', { start: () => {}, onLeave: () => {} })
  const limits = describeLimits(limiter)
  t.equal(limits.length, 100)
  t.same(limits[0], {
    provider: 'pushbullet',
    host: '',
    limit: 32,
    inFlight: 52,
    waiting: 1,
    lastFall: { at: '2026-01-01T00:00:00.000Z', reason: 'timeout', from: 64, to: 32 }
  })
  t.match(limits[1], { provider: 'ntfy', limit: 10, inFlight: 0, lastFall: null })
})
