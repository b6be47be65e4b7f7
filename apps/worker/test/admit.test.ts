import { openDatabase } from '@carillon/shared/db'
import { testDatabase } from '@carillon/testing'
import t from 'tap'
import { admit } from '../src/deliver/admit.ts'

const { url } = await testDatabase(t)
const database = openDatabase({ url, max: 4 })
t.teardown(() => database.close())
const { sql } = database

t.beforeEach(async () => { await sql`delete from provider_hosts` })
const ask = (wanted: number, perSecond?: number) => admit(database, 'pushbullet', wanted, perSecond)
const near = (seconds: number) => (ms: number): boolean => Math.abs(ms - seconds * 1000) < 900

t.test('lets everybody through who is not limited', async (t) => {
  t.same(await ask(500), { most: 500, isProbe: false, waitMs: 0, everyMs: 0, reason: null })
  t.same([...await sql`select from provider_hosts`], [], 'and keeps nothing')
})

t.test('lets a second\'s worth through and gives the others turns, one after the other', async (t) => {
  const first = await ask(100, 20)
  t.match(first, { most: 20, isProbe: false, everyMs: 50, reason: 'rateLimited' })
  t.ok(near(1)(first.waitMs), `${first.waitMs} ms`)
  const second = await ask(40, 20)
  t.match(second, { most: 0, everyMs: 50, reason: 'rateLimited' })
  t.ok(near(5)(second.waitMs), `behind the eighty others: ${second.waitMs} ms`)
  const third = await ask(1, 20)
  t.ok(third.most === 0 && near(7)(third.waitMs), `and behind those forty: ${third.waitMs} ms`)
})

t.test('wastes no turn on those who were let through', async (t) => {
  t.match(await ask(21, 20), { most: 20 })
  await sql`update provider_hosts set next_at = now()`
  const next = await ask(21, 20)
  t.match(next, { most: 20 })
  t.ok(near(1.05)(next.waitMs), `${next.waitMs} ms`)
  const [row] = await sql<[{ seconds: number }]>`select extract(epoch from turn_at - now())::float8 as seconds from provider_hosts`
  t.ok(Math.abs(row.seconds - 1.1) < 0.9, `two wait: ${row.seconds} s`)
})

t.test('shares a second among those who ask at once', async (t) => {
  await ask(1, 20)
  await sql`update provider_hosts set next_at = null`
  const answers = await Promise.all(Array.from({ length: 4 }, () => ask(10, 20)))
  t.equal(answers.reduce((sum, { most }) => sum + most, 0), 10)
})

t.test('lets one through now and then where less than one a second is allowed', async (t) => {
  t.match(await ask(3, 0.5), { most: 1, everyMs: 2_000, reason: 'rateLimited' })
  const next = await ask(1, 0.5)
  t.match(next, { most: 0 })
  t.ok(near(6)(next.waitMs), `${next.waitMs} ms`)
})

t.test('lets nobody through while the breaker is open, and one when it is time for a probe', async (t) => {
  await sql`
    insert into provider_hosts (provider, host, breaker, opens, opened_at, retry_at)
    values ('pushbullet', '', 'open', 1, now(), now() + interval '5 seconds')`
  const closed = await ask(100)
  t.match(closed, { most: 0, isProbe: false, everyMs: 0, reason: 'breakerOpen' })
  t.ok(near(5)(closed.waitMs), `${closed.waitMs} ms`)
  await sql`update provider_hosts set retry_at = now()`
  const answers = await Promise.all(Array.from({ length: 4 }, () => ask(100)))
  t.same(answers.map(({ most, isProbe }) => `${most} ${isProbe}`).sort(), ['0 false', '0 false', '0 false', '1 true'])
  t.ok(answers.every(({ reason }) => reason === 'breakerOpen'))
  t.match(await sql`select breaker from provider_hosts`, [{ breaker: 'probing' }])
  const meanwhile = await ask(100)
  t.match(meanwhile, { most: 0, isProbe: false, reason: 'breakerOpen' })
  t.ok(near(1)(meanwhile.waitMs), `who comes during a probe looks again soon: ${meanwhile.waitMs} ms`)
  await sql`update provider_hosts set retry_at = now()`
  t.match(await ask(100), { most: 1, isProbe: true }, 'a prober that died is followed by another')
})

t.test('lets nobody through while the provider has asked for silence', async (t) => {
  await sql`insert into provider_hosts (provider, host, silent_until) values ('pushbullet', '', now() + interval '9 seconds')`
  const silent = await ask(100, 20)
  t.match(silent, { most: 0, isProbe: false, reason: 'rateLimited' })
  t.ok(near(9)(silent.waitMs), `${silent.waitMs} ms`)
  await sql`update provider_hosts set silent_until = now() - interval '1 second'`
  t.match(await ask(5, 20), { most: 5, reason: null })
})
