import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { openTestQueue } from './open-test-queue.ts'
import { prepareRedis } from './start-redis.ts'

const databaseUrl = 'postgres://not.used.example/carillon'
/** An unreachable queue must reject within this time, because callers have timeouts too. */
const boundMs = 8_000
const stepMs = 50

// The tests mostly wait for timeouts.
t.jobs = 4

t.test('reports within seconds that Redis has become unreachable', { buffered: true }, async (t) => {
  const redis = await prepareRedis(t)
  if (redis === undefined) return
  await redis.start()
  const { backend, queue, errors } = openTestQueue<string>(t, { databaseUrl, redisUrl: redis.url, prefix: 'test' })
  await queue.add([{ id: 'job-1', data: 'before', delayMs: 3600_000 }])
  await redis.kill()
  await rejectsInTime(t, {
    add: () => queue.add([{ id: 'job-2', data: 'away' }]),
    live: () => queue.live(['job-1']),
    schedule: () => queue.schedule('tick', 1_000, 'tick'),
    ping: () => backend.ping()
  })
  t.ok(errors.length > 0, 'it reports the lost connection')
  t.equal(new Set(errors).size, errors.length, 'it reports each error once')
  await redis.start()
  await until(async () => {
    await queue.add([{ id: 'job-3', data: 'back', delayMs: 3600_000 }])
    return (await queue.live(['job-3'])).size === 1
  })
})

t.test('starts with a Redis that was not reachable at first', { buffered: true }, async (t) => {
  const redis = await prepareRedis(t)
  if (redis === undefined) return
  const { backend, queue, startWorker } = openTestQueue<string>(t, { databaseUrl, redisUrl: redis.url, prefix: 'test' })
  const seen: string[] = []
  startWorker(async (data) => { seen.push(data) })
  await rejectsInTime(t, { add: () => queue.add([{ id: 'job-1', data: 'early' }]), ping: () => backend.ping() })
  await redis.start()
  await until(async () => {
    await queue.add([{ id: 'job-2', data: 'late' }])
    return seen.includes('late')
  })
})

t.test('reports within seconds that Redis accepts commands and does not respond', { buffered: true }, async (t) => {
  const silent = createServer((socket) => {
    t.teardown(() => socket.destroy())
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const { port } = silent.address() as AddressInfo
  const { backend, queue } = openTestQueue<string>(t, { databaseUrl, redisUrl: `redis://127.0.0.1:${port}`, prefix: 'test' })
  await rejectsInTime(t, { add: () => queue.add([{ id: 'job-1', data: '' }]), ping: () => backend.ping() })
})

t.test('closes while Redis is unreachable, after its own jobs have ended', { buffered: true }, async (t) => {
  const redis = await prepareRedis(t)
  if (redis === undefined) return
  await redis.start()
  const { backend, queue, startWorker } = openTestQueue<string>(t, { databaseUrl, redisUrl: redis.url, prefix: 'test' })
  const seen: string[] = []
  let finish = (): void => {}
  const finished = new Promise<void>((resolve) => { finish = resolve })
  const worker = startWorker(async (data) => {
    seen.push(`${data} begins`)
    await finished
    seen.push(`${data} ends`)
  })
  const idle = backend.openWorker('idle', async () => {}, { concurrency: 1, lockMs: 10_000 })
  await queue.add([{ id: 'job-1', data: 'job' }])
  await until(() => seen.length === 1)
  await redis.kill()
  const closing = Promise.all([worker.close(), idle.close()]).then(() => seen.push('closed'))
  await t.rejects(backend.ping())
  finish()
  await inTime(closing)
  t.same(seen, ['job begins', 'job ends', 'closed'])
})

async function rejectsInTime (t: Pick<Test, 'rejects'>, calls: Record<string, () => Promise<unknown>>): Promise<void> {
  await Promise.all(Object.entries(calls).map(([name, call]) => t.rejects(inTime(call()), name)))
}

/** The result of the work. Undefined when it is still pending after the time limit. */
function inTime (work: Promise<unknown>): Promise<unknown> {
  return Promise.race([work, patience()])
}

/**
 * Resolves after the time limit, in steps. If the process is suspended, only one step passes, as for the work it waits for. A
 * clock would count the whole suspension.
 */
async function patience (): Promise<void> {
  for (let waitedMs = 0; waitedMs < boundMs; waitedMs += stepMs) await sleep(stepMs, undefined, { ref: false })
}
