import { openDatabase } from '../../src/db/index.ts'
import { testDatabase, until } from '@carillon/testing'
import t from 'tap'
import { admit } from '../../src/throttling/admit.ts'

const { url } = await testDatabase(t)
// The database's time does not advance within a transaction, and this pool has one connection.
const database = openDatabase({ url, max: 1 })
const { sql } = database
const competing = openDatabase({ url, max: 4 })
t.teardown(() => Promise.all([database.close(), competing.close()]))

t.beforeEach(async () => { await sql`begin` })
t.afterEach(async () => { await sql`rollback` })
const ask = (wanted: number, perSecond?: number) => admit(database, 'pushbullet', wanted, perSecond)

t.test('admits all requests without a limit', async (t) => {
  t.same(await ask(500), { allowed: 500, isProbe: false, waitMs: 0, everyMs: 0, reason: null })
  t.same([...await sql`select from provider_hosts`], [], 'and stores nothing')
})

t.test('admits the requests of one second, and gives the others successive slots', async (t) => {
  t.match(await ask(100, 20), { allowed: 20, isProbe: false, waitMs: 1_000, everyMs: 50, reason: 'rateLimited' })
  t.match(await ask(40, 20), { allowed: 0, waitMs: 5_000, everyMs: 50, reason: 'rateLimited' }, 'after the eighty others')
  t.match(await ask(1, 20), { allowed: 0, waitMs: 7_000 }, 'and after those forty')
})

t.test('uses no slots for admitted requests', async (t) => {
  t.match(await ask(21, 20), { allowed: 20 })
  await sql`update provider_hosts set next_at = now()`
  t.match(await ask(21, 20), { allowed: 20, waitMs: 1_050 })
  t.match(await sql`select extract(epoch from turn_at - now())::float8 as seconds from provider_hosts`, [{ seconds: 1.1 }], 'two requests wait')
})

t.test('waits for a concurrent decision, and takes it into account', async (t) => {
  t.teardown(() => competing.sql`delete from provider_hosts`)
  await competing.sql`insert into provider_hosts (provider, host) values ('pushbullet', '')`
  t.match(await ask(20, 0.05), { allowed: 1 })
  const other = admit(competing, 'pushbullet', 20, 0.05)
  await until(async () => (await competing.sql`
    select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`).length > 0)
  await sql`commit`
  t.match(await other, { allowed: 0 })
})

t.test('divides the limit between concurrent callers', async (t) => {
  t.teardown(() => competing.sql`delete from provider_hosts`)
  await competing.sql`insert into provider_hosts (provider, host) values ('pushbullet', '')`
  const answers = await Promise.all(Array.from({ length: 4 }, () => admit(competing, 'pushbullet', 10, 0.05)))
  t.same(answers.map(({ allowed }) => allowed).sort(), [0, 0, 0, 1])
})

t.test('admits a request occasionally when the limit is below one per second', async (t) => {
  t.match(await ask(3, 0.5), { allowed: 1, everyMs: 2_000, reason: 'rateLimited' })
  t.match(await ask(1, 0.5), { allowed: 0, waitMs: 6_000 })
})

t.test('rounds the limit of a second down, to at least one', async (t) => {
  t.match(await ask(9, 2.9), { allowed: 2 })
  await sql`delete from provider_hosts`
  t.match(await ask(9, 0.1), { allowed: 1, everyMs: 10_000 })
  await sql`delete from provider_hosts`
  t.match(await ask(1, 2.9), { allowed: 1, reason: null }, 'and admits no more than requested')
})

t.test("counts only for the provider's own host", async (t) => {
  await sql`
    insert into provider_hosts (provider, host, silent_until) values
      ('pushbullet', 'b.example', now() + interval '1 hour'), ('other', '', now() + interval '1 hour'), ('pushbullet', '', null)`
  t.match(await ask(100, 20), { allowed: 20, waitMs: 1_000 })
  t.same((await sql`select provider, host from provider_hosts where next_at > now() or turn_at > now()`).map((row) => ({ ...row })), [
    { provider: 'pushbullet', host: '' }
  ])
})

t.test('admits requests that would wait for less than the tolerance', async (t) => {
  await sql`insert into provider_hosts (provider, host, next_at) values ('pushbullet', '', now() + interval '20 milliseconds')`
  t.match(await ask(1, 20), { allowed: 1 })
  await sql`update provider_hosts set next_at = now() + interval '21 milliseconds'`
  t.match(await ask(1, 20), { allowed: 0, waitMs: 21 })
})

t.test('admits nothing while the breaker is open', async (t) => {
  await sql`
    insert into provider_hosts (provider, host, breaker, opens, opened_at, retry_at)
    values ('pushbullet', '', 'open', 1, now(), now() + interval '5 seconds')`
  t.match(await ask(100), { allowed: 0, isProbe: false, waitMs: 5_000, everyMs: 0, reason: 'breakerOpen' })
})

t.test('gives no slots to requests that wait for the breaker', async (t) => {
  await sql`
    insert into provider_hosts (provider, host, breaker, opened_at, retry_at) values ('pushbullet', '', 'open', now(), now() + interval '1 minute')`
  t.match(await ask(100, 20), { allowed: 0, reason: 'breakerOpen', everyMs: 0 })
  t.same([...await sql`select turn_at from provider_hosts`], [{ turn_at: null }])
})

t.test('admits one of concurrent requests when a probe is due', async (t) => {
  t.teardown(() => competing.sql`delete from provider_hosts`)
  await competing.sql`
    insert into provider_hosts (provider, host, breaker, opens, opened_at, retry_at)
    values ('pushbullet', '', 'open', 1, now(), now())`
  const probe = () => admit(competing, 'pushbullet', 100, undefined)
  const answers = await Promise.all(Array.from({ length: 4 }, probe))
  t.same(answers.map(({ allowed, isProbe }) => `${allowed} ${isProbe}`).sort(), ['0 false', '0 false', '0 false', '1 true'])
  t.ok(answers.every(({ reason }) => reason === 'breakerOpen'))
  t.match(await competing.sql`select breaker from provider_hosts`, [{ breaker: 'probing' }])
  t.match(await probe(), { allowed: 0, isProbe: false, waitMs: 1_000, reason: 'breakerOpen' }, 'a request during a probe retries soon')
  await competing.sql`update provider_hosts set retry_at = now()`
  t.match(await probe(), { allowed: 1, isProbe: true }, 'another probe follows one that has crashed')
})

t.test("admits nothing during the provider's rate limit", async (t) => {
  await sql`insert into provider_hosts (provider, host, silent_until) values ('pushbullet', '', now() + interval '9 seconds')`
  t.match(await ask(100, 20), { allowed: 0, isProbe: false, waitMs: 9_000, reason: 'rateLimited' })
  await sql`update provider_hosts set silent_until = now() - interval '1 second'`
  t.match(await ask(5, 20), { allowed: 5, reason: null })
})
