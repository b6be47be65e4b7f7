import { openDatabase } from '@carillon/shared/db'
import { testDatabase, until } from '@carillon/testing'
import t from 'tap'

t.test('rejects a query after its connection was lost during another one, while the server refuses connections', async (t) => {
  const { url } = await testDatabase(t)
  const elsewhere = new URL(url)
  elsewhere.pathname = '/postgres'
  const name = new URL(url).pathname.slice(1)
  const { sql, close } = openDatabase({ url, max: 1 })
  t.teardown(close)
  const admin = openDatabase({ url: elsewhere.href, max: 1 })
  t.teardown(admin.close)
  const sessions = admin.sql`from pg_stat_activity where datname = ${name} and state = 'active' and query like '%pg_sleep%'`

  const sleeping = sql`select pg_sleep(600)`.catch((error: unknown) => error)
  await until(async () => (await admin.sql`select 1 ${sessions}`).length)
  await admin.sql`alter database ${admin.sql(name)} with allow_connections false`
  await admin.sql`select pg_terminate_backend(pid) ${sessions}`
  // The second is that of the next connection, if the server refuses it before postgres.js has ended the query.
  t.match(await sleeping, { code: /^(CONNECTION_CLOSED|55000)$/ })
  await t.rejects(async () => { await sql`select 1` })
  await admin.sql`alter database ${admin.sql(name)} with allow_connections true`
  t.match([...await until(() => sql`select 1 as one`)], [{ one: 1 }])
})
