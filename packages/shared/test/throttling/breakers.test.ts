import { createLog } from '../../src/log/index.ts'
import { ProviderError } from '../../src/providers/index.ts'
import type { TransportCode } from '@carillon/http'
import t from 'tap'
import { createBreakers } from '../../src/throttling/breakers.ts'
import { healthOf } from '../../src/throttling/health-of.ts'
import { openRows } from '../deliveries/open-rows.ts'

const { database, frozen } = await openRows(t)
const { sql } = frozen
const log = createLog({ name: 'test', level: 'silent' })

// The database's time does not advance within a transaction, and this pool has one connection.
t.beforeEach(async () => { await sql`begin` })
t.afterEach(async () => { await sql`rollback` })

/** A separate worker, whose breakers share only the database with others. */
function openWorker () {
  const clock = { at: 1_000_000 }
  const breakers = createBreakers({ database: frozen, log, now: () => clock.at })
  const fail = async (count = 20): Promise<void> => {
    for (let index = 0; index < count; index++) breakers.note('pushbullet', '', 'failing', 'down')
    await breakers.settled()
  }
  return { breakers, fail, clock }
}

const readHost = async (host = '') => (await sql<Array<{ breaker: string, opens: number, seconds: number | null, silent: number | null }>>`
  select breaker, opens, reason, extract(epoch from retry_at - now())::float8 as seconds, opened_at is not null as "isOpened",
    extract(epoch from silent_until - now())::float8 as silent
  from provider_hosts where provider = 'pushbullet' and host = ${host}`)[0]

t.test('stays open for twice as long after each failed probe, up to a minute', async (t) => {
  const { breakers, fail, clock } = openWorker()
  await fail()
  t.match(await readHost(), { breaker: 'open', opens: 1, seconds: 5, reason: 'down', isOpened: true })
  t.same(breakers.findBlock('pushbullet', ''), { until: clock.at + 5_000, reason: 'breakerOpen' })
  for (const seconds of [10, 20, 40, 60, 60, 60]) {
    await sql`update provider_hosts set breaker = 'probing'`
    await breakers.endProbe('pushbullet', '', 'failing', 'still down')
    t.match(await readHost(), { breaker: 'open', seconds, reason: 'still down' })
    t.same(breakers.findBlock('pushbullet', ''), { until: clock.at + seconds * 1000, reason: 'breakerOpen' })
  }
})

t.test('counts a thousand failed probes without an overflow', async (t) => {
  const { breakers } = openWorker()
  await sql`insert into provider_hosts (provider, host, breaker, opens, retry_at) values ('pushbullet', '', 'probing', 5000, now())`
  await breakers.endProbe('pushbullet', '', 'failing', 'down')
  t.match(await readHost(), { breaker: 'open', opens: 5001, seconds: 60 })
})

t.test('opens once, however many workers open it', async (t) => {
  const [one, other] = [openWorker(), openWorker()]
  await one.fail()
  await sql`update provider_hosts set retry_at = now() + interval '3 seconds'`
  await other.fail()
  t.match(await readHost(), { breaker: 'open', opens: 1, seconds: 3 }, 'the second time changes nothing')
})

t.test('closes after a successful probe, and counts from zero', async (t) => {
  const { breakers, fail } = openWorker()
  await fail()
  await breakers.endProbe('pushbullet', '', 'well', '')
  t.match(await readHost(), { breaker: 'closed', opens: 0, seconds: null, reason: null, isOpened: false })
  t.equal(breakers.findBlock('pushbullet', ''), undefined)
  await fail(19)
  t.match(await readHost(), { breaker: 'closed' }, 'earlier failures do not count')
  await fail(1)
  t.match(await readHost(), { breaker: 'open', opens: 1, seconds: 5 })
})

t.test('ignores requests that were pending when it opened', async (t) => {
  const { breakers, fail, clock } = openWorker()
  await fail()
  const opened = breakers.findBlock('pushbullet', '')
  clock.at += 1_000
  await fail(10)
  t.same(breakers.findBlock('pushbullet', ''), opened, 'a late failure does not open it again')
  await breakers.endProbe('pushbullet', '', 'well', '')
  await fail(19)
  t.equal(breakers.findBlock('pushbullet', ''), undefined, 'and does not count after it has closed')
})

t.test('waits for its writes', async (t) => {
  const breakers = createBreakers({ database, log, now: Date.now })
  await sql`insert into provider_hosts (provider, host) values ('pushbullet', '')`
  breakers.recordLimit('pushbullet', '', Date.now() + 60_000)
  let isSettled = false
  const settled = breakers.settled().then(() => { isSettled = true })
  await database.sql`select 1`
  t.equal(isSettled, false, 'while another transaction holds the row')
  await sql`rollback`
  await settled
  t.match(await readHost(), { silent: Number })
  await database.sql`delete from provider_hosts`
})

t.test('does not open for a successful request', async (t) => {
  const { breakers, fail } = openWorker()
  await fail(19)
  breakers.note('pushbullet', '', 'well', '')
  await breakers.settled()
  t.equal(breakers.findBlock('pushbullet', ''), undefined)
  t.equal(await readHost(), undefined)
})

t.test('returns a probe, and ignores anything else', async (t) => {
  const { breakers } = openWorker()
  for (const [host, breaker] of [['probing', 'probing'], ['open', 'open'], ['other', 'probing']] as const) {
    await sql`insert into provider_hosts (provider, host, breaker, retry_at) values ('pushbullet', ${host}, ${breaker}, now() + interval '9 seconds')`
  }
  await sql`insert into provider_hosts (provider, host, breaker, retry_at) values ('other', 'probing', 'probing', now() + interval '9 seconds')`
  await breakers.releaseProbe('pushbullet', 'probing')
  await breakers.releaseProbe('pushbullet', 'open')
  t.match([await readHost('probing'), await readHost('open'), await readHost('other')], [
    { breaker: 'open', seconds: 0 }, { breaker: 'open', seconds: 9 }, { breaker: 'probing', seconds: 9 }
  ])
  t.match(await sql`select breaker from provider_hosts where provider = 'other'`, [{ breaker: 'probing' }])
})

t.test('ends only a probe of its own host', async (t) => {
  const { breakers } = openWorker()
  for (const [provider, host] of [['pushbullet', 'a'], ['pushbullet', 'b'], ['other', 'a']] as const) {
    await sql`insert into provider_hosts (provider, host, breaker, retry_at) values (${provider}, ${host}, 'probing', now())`
  }
  await breakers.endProbe('pushbullet', 'a', 'well', '')
  t.same((await sql`select provider, host from provider_hosts where breaker = 'closed'`).map(({ provider, host }) => `${provider} ${host}`), ['pushbullet a'])
})

t.test("keeps the longer rate limit, its own or another worker's", async (t) => {
  const { breakers, clock } = openWorker()
  const silence = async (seconds: number): Promise<void> => {
    breakers.recordLimit('pushbullet', '', clock.at + seconds * 1000)
    await breakers.settled()
  }
  await silence(20)
  t.match(await readHost(), { silent: 20, breaker: 'closed' })
  await silence(10)
  t.match(await readHost(), { silent: 20 }, 'its own')
  t.same(breakers.findBlock('pushbullet', ''), { until: clock.at + 20_000, reason: 'rateLimited' })
  await sql`update provider_hosts set silent_until = now() + interval '90 seconds'`
  await silence(30)
  t.match(await readHost(), { silent: 90 }, "the other worker's")
  await silence(120)
  t.match(await readHost(), { silent: 120 })
  clock.at += 120_000
  t.equal(breakers.findBlock('pushbullet', ''), undefined, 'which ends in time')
})

t.test('derives the health of a host from an error', async (t) => {
  const error = (status?: number, transport?: TransportCode, host = 'a.example') =>
    new ProviderError({ kind: 'transient', reason: 'r' }, host, status, transport)
  for (const [what, health, problem] of [
    ['500', 'failing', error(500)], ['503', 'failing', error(503)], ['499', 'well', error(499)], ['429', 'well', error(429)],
    ['401', 'well', error(401)], ['200', 'well', error(200)],
    ['timed out', 'failing', error(undefined, 'timeout')], ['refused', 'failing', error(undefined, 'refused')],
    ['we gave up', undefined, error(undefined, 'aborted')], ['we were closing', undefined, error(undefined, 'closed')],
    ['we may not go there', undefined, error(undefined, 'notAllowed')], ['no address', undefined, error(undefined, 'invalid')],
    ['the provider refuses the request with 500', 'well', new ProviderError({ kind: 'rejected', reason: 'r' }, 'a.example', 500)],
    ['we refuse it ourselves', undefined, new ProviderError({ kind: 'rejected', reason: 'r' }, 'a.example')],
    ['neither', undefined, error()], ['another host', undefined, error(500, undefined, 'files.example')],
    ['a fault of ours', undefined, new Error('bug')]
  ] as const) t.equal(healthOf(problem, ['a.example', 'b.example']), health, what)
  t.equal(healthOf(error(500, undefined, 'b.example'), ['a.example', 'b.example']), 'failing', 'any of its hosts')
})
