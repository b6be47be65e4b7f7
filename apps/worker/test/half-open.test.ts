import { backends, openBlackHole, spawnApp, until } from '@carillon/testing'
import type { BackendEnvironment, BlackHole } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { request } from 'undici'
import { ended, importUsers, openProcesses } from './open-processes.ts'

// The tests mostly wait for timeouts, so they run at the same time.
t.jobs = 3

const [postgres, redis] = await backends()

/** Sends notifications before, while and after the store is silent. Every accepted one must be delivered. */
async function sendThrough (
  t: Test, env: BackendEnvironment, hole: BlackHole, { mayRefuse }: { mayRefuse: boolean }
): Promise<void> {
  const { site, apiUrl, key, env: shared } = await openProcesses(t, env, { RECONCILE_SECONDS: '5', DELIVER_LEASE_SECONDS: '20' })
  const users = await importUsers(site, 20)
  await spawnApp(t, 'worker', { env: shared }).ready
  const accepted: string[] = []
  const statuses: number[] = []
  const send = async (): Promise<void> => {
    const body = JSON.stringify({ audience: { userIds: users }, message: { type: 'note', title: `Number ${statuses.length}` } })
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    // A request that never ends fails the test.
    const answer = await request(`${apiUrl}/v1/notifications`, { method: 'POST', headers, body, headersTimeout: 90_000 })
    const text = await answer.body.text()
    statuses.push(answer.statusCode)
    if (answer.statusCode === 202) accepted.push(JSON.parse(text).id)
  }
  const sendMany = (count: number) => Promise.all(Array.from({ length: count }, send))

  await sendMany(10)
  const before = sendMany(10)
  hole.swallow()
  const during = sendMany(20)
  await Promise.all([before, during])
  t.same(statuses.filter((status) => status !== 202 && !(mayRefuse && status === 503)), [], 'each request is answered 202 or 503')
  if (mayRefuse) t.ok(statuses.includes(503))
  hole.end()
  await until(async () => {
    const count = accepted.length
    await send()
    return accepted.length > count
  }, { everyMs: 500, what: 'an accepted notification after the fault' })
  for (const id of accepted) t.match(await ended(site, id), { sent: 20, failed: 0, unknown: 0 })
}

t.test('recovers from half-open connections to PostgreSQL', { buffered: true, skip: redis?.skip ?? true }, async (t) => {
  const env = await redis?.open(t) ?? { DATABASE_URL: '', QUEUE_PREFIX: '' }
  const hole = await openBlackHole(t, env.DATABASE_URL)
  await sendThrough(t, { ...env, DATABASE_URL: hole.url }, hole, { mayRefuse: true })
})

t.test('recovers from half-open connections to PostgreSQL with jobs in it', { buffered: true }, async (t) => {
  const env = await postgres?.open(t) ?? { DATABASE_URL: '', QUEUE_PREFIX: '' }
  const hole = await openBlackHole(t, env.DATABASE_URL)
  await sendThrough(t, { ...env, DATABASE_URL: hole.url }, hole, { mayRefuse: true })
})

t.test('recovers from half-open connections to Redis', { buffered: true, skip: redis?.skip ?? true }, async (t) => {
  const env = await redis?.open(t) ?? { DATABASE_URL: '', QUEUE_PREFIX: '' }
  const hole = await openBlackHole(t, env.REDIS_URL ?? '')
  await sendThrough(t, { ...env, REDIS_URL: hole.url }, hole, { mayRefuse: false })
})
