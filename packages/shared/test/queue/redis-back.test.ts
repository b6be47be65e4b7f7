import { ownRedis, until } from '@carillon/testing'
import { Redis } from 'ioredis'
import t from 'tap'
import { openTestQueue } from './open-test-queue.ts'
import { prepareRedis } from './start-redis.ts'

const databaseUrl = 'postgres://not.used.example/carillon'

t.test('restores a lost schedule when it is called again', async (t) => {
  const redis = await ownRedis(t)
  if (redis === undefined) return
  const { queue, startWorker } = openTestQueue<object>(t, { databaseUrl, redisUrl: redis.url, prefix: redis.prefix })
  let ticks = 0
  startWorker(async () => { ticks++ })
  await queue.schedule('tick', 100, {})
  await until(() => ticks > 1)
  const client = new Redis(redis.url)
  t.teardown(() => client.disconnect())
  await client.flushall()
  t.equal(await client.dbsize(), 0)
  await queue.schedule('tick', 100, {})
  const before = ticks
  await until(() => ticks > before + 2)
})

t.test('accepts jobs with an id that Redis has lost', async (t) => {
  const redis = await ownRedis(t)
  if (redis === undefined) return
  const { queue, startWorker } = openTestQueue<string>(t, { databaseUrl, redisUrl: redis.url, prefix: redis.prefix })
  await queue.add([{ id: 'job-1', data: 'lost', delayMs: 3600_000 }])
  const client = new Redis(redis.url)
  t.teardown(() => client.disconnect())
  await client.flushall()
  t.same([...await queue.live(['job-1'])], [])
  await queue.add([{ id: 'job-1', data: 'again' }])
  const seen: string[] = []
  startWorker(async (data) => { seen.push(data) })
  await until(() => seen.length > 0)
  t.same(seen, ['again'])
})

t.test('continues after a killed Redis is back on the same port', async (t) => {
  const redis = await prepareRedis(t)
  if (redis === undefined) return
  await redis.start()
  const { queue, startWorker } = openTestQueue<string>(t, { databaseUrl, redisUrl: redis.url, prefix: 'test' })
  const seen: string[] = []
  startWorker(async (data) => { seen.push(data) })
  for (const round of ['one', 'two', 'three']) {
    await until(async () => {
      await queue.add([{ id: `job-${round}`, data: round }])
      return seen.includes(round)
    }, { what: `round ${round}` })
    await redis.kill()
    await redis.start()
  }
  await until(async () => {
    await queue.add([{ id: 'job-delayed', data: 'delayed', delayMs: 500 }])
    return seen.includes('delayed')
  })
})
