import t from 'tap'
import { openTestApi } from '../open-api.ts'

t.test('is healthy and ready when everything answers', async (t) => {
  const api = await openTestApi(t)
  t.match(await api.ask('GET', '/healthz'), { status: 200, body: { status: 'ok' } })
  t.match(await api.ask('GET', '/readyz'), { status: 200, body: { status: 'ok' } })
})

t.test('is not ready when the queue does not answer, and says so', async (t) => {
  const api = await openTestApi(t, { change: () => ({ queueBackend: { ping: () => new Promise(() => {}) } }) })
  t.match(await api.ask('GET', '/healthz'), { status: 200 })
  t.match(await api.ask('GET', '/readyz'), { status: 503, body: { code: 'notReady', detail: 'No answer from: queue' } })
})

t.test('is not ready when the database is gone', async (t) => {
  const api = await openTestApi(t, { change: ({ database }) => ({ database: { ...database, sql: failing(database.sql) } }) })
  t.match(await api.ask('GET', '/readyz'), { status: 503, body: { code: 'notReady', detail: 'No answer from: database' } })
})

function failing<Sql extends object> (sql: Sql): Sql {
  return new Proxy(sql, { apply: () => Promise.reject(new Error('connection refused')) })
}
