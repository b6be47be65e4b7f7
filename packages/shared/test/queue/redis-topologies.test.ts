import { startCluster, startRedis, startReplication, startSentinel } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { StoreError } from '../../src/stores/index.ts'
import { openTestQueue } from './open-test-queue.ts'

const databaseUrl = 'postgres://not.used.example/carillon'

const refused: Array<[string, (t: Test) => Promise<string | undefined>, RegExp]> = [
  ['a replica', async (t) => (await startReplication(t))?.replica.url, /^REDIS_URL leads to a replica, which takes no writes; name the primary/],
  ['a cluster of six', async (t) => (await startCluster(t))?.url, /^REDIS_URL leads to a Redis Cluster, which Carillon does not support/],
  ['a Sentinel', async (t) => (await startSentinel(t))?.url, /^REDIS_URL leads to a Sentinel, which holds no data/],
  ['a Redis that wants a password', async (t) => (await startRedis(t, { requirepass: 'secret' }))?.url, /^REDIS_URL: Redis refuses the login/],
  ['a wrong password', async (t) => (await startRedis(t, { requirepass: 'secret' }))?.url.replace('//', '//:hunter2@'), /^REDIS_URL: Redis refuses the login/]
]

for (const [name, start, message] of refused) {
  t.test(`refuses ${name} and names it`, async (t) => {
    const redisUrl = await start(t)
    if (redisUrl === undefined) return
    const { backend } = openTestQueue(t, { databaseUrl, redisUrl, prefix: 'test' })
    const error = await backend.check().catch((error: unknown) => error)
    t.ok(error instanceof StoreError, String(error))
    t.match(error, { message })
    t.notMatch(String(error), /hunter2/)
  })
}

t.test('accepts a Redis that may evict keys, and warns about it', async (t) => {
  const redis = await startRedis(t, { 'maxmemory-policy': 'allkeys-lru' })
  if (redis === undefined) return
  const { backend } = openTestQueue(t, { databaseUrl, redisUrl: redis.url, prefix: 'test' })
  t.match(await backend.check(), /^REDIS_URL: Redis has maxmemory-policy allkeys-lru/)
  await redis.command('config', 'set', 'maxmemory-policy', 'noeviction')
  t.equal(await backend.check(), undefined)
})

t.test('leaves no keys in a Redis that it has checked', async (t) => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  const { backend } = openTestQueue(t, { databaseUrl, redisUrl: redis.url, prefix: 'test' })
  await backend.check()
  await backend.check()
  t.notMatch(await redis.command('keys', '*'), /readiness-probe/)
  t.equal(await redis.command('zcard', 'test:readiness:delayed'), '0')
})
