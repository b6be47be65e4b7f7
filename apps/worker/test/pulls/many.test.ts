import { backends, spawnApp, until } from '@carillon/testing'
import t from 'tap'
import { pull } from '../../src/pulls/pull.ts'
import { createBreakers } from '@carillon/shared/throttling'
import { daysOf, openPulls } from './open-pulls.ts'
import { openTeams } from './open-teams.ts'

t.test('reads a thousand due teams within the reported limit', async (t) => {
  const { connectTeams, control, database, graphCalls, services } = await openTeams(t)
  await connectTeams(1_000)
  const { sql } = database
  const perHour = 1_200
  await control('POST', '/facebook/limits', { app: perHour })
  const perRound: number[] = []
  for (let left = 1_000; left > 0;) {
    if (perRound.length > 10) return t.fail(`${left} are left after ${perRound.length} hours`)
    const { asked: before } = await graphCalls()
    // Two workers share only the database, and know nothing of the last hour.
    const { log, now } = services
    const workers = [0, 1].map(() => ({ ...services, breakers: createBreakers({ database, log, now }) }))
    await Promise.all(workers.map((worker) => pull(worker)))
    await Promise.all(workers.map(({ breakers }) => breakers.settled()))
    perRound.push((await graphCalls()).asked - before)
    const [unread] = await sql`
      select count(*) from connections left join pulls on connection_id = connections.id where succeeded_at is null`
    left = Number(unread?.['count'])
    // Both clocks move forward by an hour.
    await control('POST', '/clock', { advanceSeconds: 3_600 })
    await sql`update provider_hosts set silent_until = now()`
    await sql`update pulls set due_at = now() where succeeded_at is null`
  }
  t.ok(perRound.every((asked) => asked <= perHour), `${perRound.join(', ')} calls of ${perHour} an hour`)
  t.ok(perRound.length >= 3, `in ${perRound.length} hours`)
  t.equal((await graphCalls()).refused, 0, 'the limit was heeded before it bit')
  const [counts] = await sql`
    select count(*) filter (where failed_at is not null)::int as failed, count(*)::int as all,
      (select count(distinct (connection_id, account_id, day))::int from insights) as days, (select count(*)::int from insights) as rows
    from pulls`
  t.match({ ...counts }, { failed: 0, all: 1_000 }, 'and no try is a failure')
  t.equal(counts?.['rows'], counts?.['days'])
  t.ok(Number(counts?.['rows']) >= 1_000 * 2 * 2, 'two accounts, and two days at least that are over')
})

t.test('stays within the limit, however low it is', async (t) => {
  const { connectTeams, control, database, graphCalls, services } = await openTeams(t)
  await connectTeams(40)
  const { log, now } = services
  const perHour = 30
  await control('POST', '/facebook/limits', { app: perHour })
  let before = 0
  for (let hour = 0; hour < 3; hour++) {
    const breakers = createBreakers({ database, log, now })
    await pull({ ...services, breakers })
    await breakers.settled()
    const { asked } = await graphCalls()
    t.ok(asked - before <= perHour && asked - before >= 0.8 * perHour, `${asked - before} calls of ${perHour} in hour ${hour}`)
    before = asked
    await control('POST', '/clock', { advanceSeconds: 3_600 })
    await database.sql`update provider_hosts set silent_until = now()`
    await database.sql`update pulls set due_at = now()`
  }
  t.equal((await graphCalls()).refused, 0)
})

for (const { kind, skip } of await backends()) {
  t.test(`another worker finishes the pulls of a killed one, and every row exists once, with jobs in ${kind}`, { skip }, async (t) => {
    const { connect, database, env, graph, rows } = await openPulls(t, { backend: kind })
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
        ...graph.environment,
        PULL_BACKFILL_DAYS: '30',
        RECONCILE_SECONDS: '1',
        DELIVER_LEASE_SECONDS: '4'
      }
    })
    const first = start()
    await until(() => pages === 9)
    t.match(await first.kill(), { signal: 'SIGKILL' })
    const half = await rows()
    t.ok(half.length >= 30 && half.length < 60, `${half.length} rows were there`)
    t.match((await database.sql`select state from pulls`)[0], { state: 'running' })
    hang = false
    const second = start()
    await until(async () => (await database.sql`select from pulls where succeeded_at is not null`).length === 1)
    const kept = await rows()
    t.equal(kept.length, 60)
    t.equal(new Set(kept.map(({ account, day }) => `${account} ${day}`)).size, 60)
    t.equal(await graph.calls('GET /me/adaccounts'), 1, 'the accounts were listed')
    const listed = graph.requests.filter((request) => request.includes('/act_1/insights')).length
    t.equal(listed, 6, 'and the first one was read already')
    const tokens = graph.requests.flatMap((request) => /Bearer (EAA\w+)/.exec(request)?.[1] ?? [])
    for (const text of [first.output(), second.output()]) for (const token of new Set(tokens)) t.notMatch(text, token)
  })
}
