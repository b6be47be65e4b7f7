import t from 'tap'
import { openBenchContext } from '../src/environment/bench-context.ts'
import { broadcastByTwoWorkers, broadcastOverTls } from '../src/measures/broadcast.ts'
import { directDuringBroadcastAt150ms } from '../src/measures/direct.ts'
import { manyHostsSomeHang, smallHost } from '../src/measures/hosts.ts'
import { quick } from '../src/sizes.ts'

const { PATH = '', HOME = '', TEST_BUNDLES: bundles } = process.env
const context = await openBenchContext({ env: { PATH, HOME, NODE_ENV: 'production' }, say: () => {}, bundles })
t.teardown(() => context.close())
const small = { warmUp: 20, slow: 100, manyHosts: 60, hosts: 20, smallHost: 60, direct: 2 }
const sizes = { ...quick, ...small, growth: { ...quick.growth, large: 10_000 } }
const environment = { ...context, sizes }

// Each measurement fails when a message is lost or repeated, so the figures need no tests of their own.
t.test('measures a broadcast to many hosts of which some hang', async (t) => {
  const { perSecond, workerBusy } = await manyHostsSomeHang.run(environment)
  t.ok(perSecond > 0)
  t.ok(workerBusy > 0)
})

t.test('measures the share of requests that a small host refuses, and the used share of its capacity', async (t) => {
  const { refusedShare, usedShare } = await smallHost.run(environment)
  t.ok(refusedShare >= 0 && refusedShare < 1, `${refusedShare} was refused`)
  t.ok(usedShare > 0 && usedShare <= 1, `${usedShare} was used`)
})

t.test('measures a broadcast by two workers', { skip: context.redis === undefined && 'there is no redis-server' }, async (t) => {
  t.ok((await broadcastByTwoWorkers.run(environment)).perSecond > 0)
})

t.test('measures a broadcast over TLS with HTTP/2', { skip: !context.programs.includes('openssl') && 'there is no openssl' }, async (t) => {
  t.ok((await broadcastOverTls.run(environment)).perSecond > 0)
})

t.test('measures direct sends while a broadcast waits for a slow provider', async (t) => {
  const { p50Ms, p99Ms } = await directDuringBroadcastAt150ms.run(environment)
  t.ok(p50Ms > 0 && p99Ms >= p50Ms)
})
