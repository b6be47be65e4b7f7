import { until } from '@carillon/testing'
import t from 'tap'
import { at, openTestApi } from '../open-api.ts'
import type { Answer, TestApi } from '../open-api.ts'

t.test('is healthy and ready when both stores respond', async (t) => {
  const api = await openTestApi(t)
  t.match(await api.ask('GET', '/healthz'), { status: 200, body: { status: 'ok' } })
  // Here and below, a response after two seconds does not count.
  const ready = await until(async () => {
    const answer = await api.ask('GET', '/readyz')
    return answer.status === 200 && answer
  })
  t.match(ready, { body: { status: 'ok' } })
})

t.test('is not ready when the queue does not respond, and gives the reason', async (t) => {
  const api = await openTestApi(t, { change: () => ({ queueBackend: { kind: 'redis', check: () => new Promise(() => {}), inspect: async () => undefined, openCounts: () => undefined } }) })
  t.match(await api.ask('GET', '/healthz'), { status: 200 })
  t.match(await untilSilent(api, 'REDIS_URL'), { status: 503, body: { code: 'notReady' } })
})

t.test('is not ready when the database is unavailable', async (t) => {
  const api = await openTestApi(t, { change: ({ database }) => ({ database: { ...database, sql: failing(database.sql) } }) })
  t.match(await untilSilent(api, 'DATABASE_URL'), { status: 503, headers: { 'retry-after': '5' }, body: { code: 'notReady' } })
})

t.test('is not ready on older tables, and says what to do', async (t) => {
  const api = await openTestApi(t)
  await api.database.sql`delete from drizzle.__drizzle_migrations where created_at = (select max(created_at) from drizzle.__drizzle_migrations)`
  const answer = await until(async () => {
    const answer = await api.ask('GET', '/readyz')
    return String(at(answer.body, 'detail')).includes('older') && answer
  })
  t.match(answer, { status: 503, body: { code: 'notReady', detail: /run `.*migrate`/ } })
})

/** Polls until the response names only the variable of this store, and returns it. */
async function untilSilent (api: TestApi, variable: string): Promise<Answer> {
  return await until(async () => {
    const answer = await api.ask('GET', '/readyz')
    return at(answer.body, 'detail') === `${variable}: no answer.` && answer
  })
}

function failing<Sql extends object> (sql: Sql): Sql {
  const begin = (): Promise<never> => Promise.reject(new Error('connection refused'))
  return new Proxy(sql, { get: (target, name, receiver) => name === 'begin' ? begin : Reflect.get(target, name, receiver) })
}
