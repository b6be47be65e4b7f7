import { spawnApp, until } from '@carillon/testing'
import t from 'tap'
import { pull } from '../../src/pull/pull.ts'
import { createBreakers } from '../../src/deliver/breakers.ts'
import { daysOf, openPulls } from './open-pulls.ts'

t.setTimeout(600_000)

t.test('a thousand connections that are due at once stay within what they learn of the limit, and are all read', async (t) => {
  const { connect, database, graph, rows, services } = await openPulls(t, { backfillDays: 3 })
  const day = daysOf(3)
  for (let index = 0; index < 1_000; index++) await connect(`user-${index}`, { [`act_${index + 1}`]: { days: day } })
  const { sql } = database
  // Two workers that share nothing but the database.
  const workers = [0, 1].map(() => ({ ...services, breakers: createBreakers({ database, log: services.log, now: services.now }) }))
  const perWindow = 900
  let windows = 0
  let most = 0
  for (let left = 1_000; left > 0; windows++) {
    if (windows > 10) return t.fail(`${left} are left after ${windows} windows`)
    graph.limit = { calls: perWindow, used: 0 }
    const fresh = workers.map((worker) => ({ ...worker, breakers: createBreakers({ database, log: services.log, now: services.now }) }))
    await Promise.all(fresh.map((worker) => pull(worker)))
    await Promise.all(fresh.map(({ breakers }) => breakers.settled()))
    most = Math.max(most, graph.limit.used)
    left = Number((await sql`select count(*) as left from connections left join pulls on connection_id = connections.id where succeeded_at is null`)[0]?.['left'])
    // Silence is over.
    await sql`update provider_hosts set silent_until = now()`
    await sql`update pulls set due_at = now() where succeeded_at is null`
  }
  t.ok(most <= perWindow, `${most} of ${perWindow} calls in a window`)
  t.equal((await rows()).length, 3_000)
  t.ok(windows >= 3, `${windows} windows`)
  const [counts] = await sql`select count(*) filter (where failed_at is not null)::int as failed, count(*)::int as all from pulls`
  t.same({ ...counts }, { failed: 0, all: 1_000 }, 'and no try is a failure')
})

t.test('a worker that is killed half-way leaves its work to the next, and every row is there once', async (t) => {
  const { app, connect, database, env, graph, rows } = await openPulls(t)
  graph.pageSize = 5
  await connect('ann', { act_1: { days: daysOf(30) }, act_2: { days: daysOf(30) } })
  let pages = 0
  let hang = true
  graph.onInsights = async () => {
    pages++
    if (pages === 9 && hang) await new Promise(() => {})
  }
  const start = () => spawnApp(t, 'worker', {
    env: {
      ...env,
      FACEBOOK_CLIENT_ID: app.clientId,
      FACEBOOK_CLIENT_SECRET: app.clientSecret,
      FACEBOOK_GRAPH_URL: graph.url,
      PULL_BACKFILL_DAYS: '30',
      RECONCILE_SECONDS: '1',
      DELIVER_LEASE_SECONDS: '4'
    }
  })
  const first = start()
  await until(() => pages === 9, { timeoutMs: 60_000 })
  t.match(await first.kill(), { signal: 'SIGKILL' })
  const half = await rows()
  t.ok(half.length >= 30 && half.length < 60, `${half.length} rows were there`)
  t.match((await database.sql`select state from pulls`)[0], { state: 'running' })
  hang = false
  const second = start()
  await until(async () => (await database.sql`select from pulls where succeeded_at is not null`).length === 1, { timeoutMs: 60_000 })
  const kept = await rows()
  t.equal(kept.length, 60)
  t.equal(new Set(kept.map(({ account, day }) => `${account} ${day}`)).size, 60)
  t.equal(await graph.calls('GET /me/adaccounts'), 1, 'the accounts were listed')
  const listed = graph.requests.filter((request) => request.includes('/act_1/insights')).length
  t.equal(listed, 6, 'and the first one was read already')
  const tokens = graph.requests.flatMap((request) => /Bearer (EAA\w+)/.exec(request)?.[1] ?? [])
  for (const text of [first.output(), second.output()]) for (const token of new Set(tokens)) t.notMatch(text, token)
})
