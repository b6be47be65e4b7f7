import { disconnect, findConnection, listEvents } from '@carillon/shared/connections'
import { findPull, listInsights, requestPull, sumInsights } from '@carillon/shared/pulls'
import t from 'tap'
import { dayAgo, daysOf, openPulls } from './open-pulls.ts'

t.test('reads every page of accounts and days, and stores exact figures', async (t) => {
  const { connect, graph, lines, rows, row, run, database } = await openPulls(t)
  graph.pageSize = 7
  const figures = { impressions: '123456789012345678901', clicks: '0', spend: '5339.50' }
  const { id, token } = await connect('ann', {
    ...Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`act_${index + 1}`, { days: daysOf(30) }])),
    act_99: { days: { [dayAgo(0)]: figures } }
  })
  t.equal(await run(), 1)
  const kept = await rows()
  t.equal(kept.length, 9 * 30 + 1)
  t.same(kept.at(-1), { account: 'act_99', day: dayAgo(0), ...figures })
  t.equal(await graph.calls('GET /me/adaccounts'), 2)
  t.equal(await graph.calls('GET /act_1/insights'), 5)
  t.match(await row(id), { state: 'waiting', lease_id: null, attempts: 0, reason: null, failure: null, round_at: null })
  t.match(await findPull(database, id), { state: 'waiting', succeededAt: Date, failedAt: null })

  t.same(await listInsights(database, { connectionId: id, account: 'act_99' }, { limit: 5 }),
    [{ account: 'act_99', accountName: 'Account act_99', currency: 'EUR', day: dayAgo(0), ...figures }])
  t.match(await sumInsights(database, { connectionId: id, since: dayAgo(0) }), [{ currency: 'EUR', impressions: '123456789012345688162', spend: '5605.00' }])
  t.equal(await run(), 0, 'and is not due again')

  for (const line of lines) t.notMatch(line, token)
  const all = await database.sql`select pulls::text || ad_accounts::text || insights::text as text from pulls, ad_accounts, insights`
  t.notOk(all.some(({ text }) => String(text).includes(token)), 'where the next page is is kept nowhere')
})

t.test('uses the calendar of the account\'s time zone', async (t) => {
  const { connect, graph, run } = await openPulls(t, { backfillDays: 1 })
  const zones = { act_1: 'Pacific/Kiritimati', act_2: 'Pacific/Niue', act_3: 'Nowhere/AtAll' }
  await connect('ann', Object.fromEntries(Object.entries(zones).map(([id, timezone]) => [id, { timezone, days: {} }])))
  await run()
  const asked = Object.keys(zones).map((id) => {
    const url = graph.requests.find((request) => request.includes(`/${id}/insights`))?.split(' ')[1] ?? ''
    return JSON.parse(new URL(url, 'http://x').searchParams.get('time_range') ?? '{}')
  })
  t.same(asked.slice(0, 2), [14, -11].map((hours) => {
    const day = dayAgo(0, Date.now() + hours * 3_600_000)
    return { since: day, until: day }
  }))
  t.same(asked[2], { since: dayAgo(0), until: dayAgo(0) })
})

t.test('reads the last days again, because the provider corrects them', async (t) => {
  const { connect, graph, makeDue, rows, run } = await openPulls(t, { rereadDays: 3 })
  const days = daysOf(30)
  await connect('ann', { act_1: { days } })
  await run()
  for (const ago of [1, 10]) days[dayAgo(ago)] = { impressions: '7', clicks: '7', spend: '7' }
  await makeDue()
  const before = graph.requests.length
  t.equal(await run(), 1)
  t.equal(graph.requests.slice(before).filter((request) => request.includes('/insights')).length, 1)
  const kept = new Map((await rows()).map(({ day, spend }) => [day, spend]))
  t.equal(kept.size, 30)
  t.same([kept.get(dayAgo(1)), kept.get(dayAgo(10))], ['7', '19.5'])
})

t.test('records when and why it last failed, and continues at its position', async (t) => {
  const { connect, database, graph, makeDue, rows, run } = await openPulls(t)
  const { id } = await connect('ann', { act_1: { days: daysOf(30) }, act_2: { days: daysOf(30) } })
  await t.test('while it fails, whatever the delay', async (t) => {
    await graph.fault(t, { match: '/act_2/insights', status: 503 })
    await run()
    const failure = 'act_2: not available now'
    t.match(await findPull(database, id), { state: 'waiting', succeededAt: null, failedAt: Date, failure, reason: failure })
    t.equal((await rows()).length, 30)
  })
  await makeDue()
  await run()
  t.equal((await rows()).length, 60)
  t.match(await findPull(database, id), { succeededAt: Date, reason: null, failedAt: Date, failure: 'act_2: not available now' })
  t.same([await graph.calls('GET /me/adaccounts'), await graph.calls('GET /act_1/insights')], [1, 2], 'what had been read is not read twice')
})

t.test('reads the other accounts when access to one is denied', async (t) => {
  const { connect, database, graph, rows, run } = await openPulls(t)
  const { id } = await connect('ann', { act_1: { days: daysOf(30) }, act_2: { days: daysOf(30) } })
  await graph.fault(t, { match: '/act_1/insights', status: 403, body: { error: { code: 200, type: 'OAuthException', message: 'Do not quote me.' } } })
  await run()
  t.equal((await rows()).length, 30)
  t.match(await findPull(database, id), { failure: 'act_1: permission is missing (#200)', succeededAt: null })
  t.match(await findConnection(database, id), { status: 'active' })
})

t.test('waits as many minutes as Facebook says for an account, through every connection', async (t) => {
  const { connect, database, graph, makeDue, rows, run } = await openPulls(t)
  const { id } = await connect('ann', { act_1: { days: daysOf(30) }, act_2: { days: daysOf(30) } })
  const { id: other } = await connect('bob', { act_1: { days: daysOf(30) } })
  await database.sql`insert into pulls (connection_id, provider, due_at) values (${other}, 'facebook', now() + interval '1 hour')`
  await database.sql`insert into ad_accounts (connection_id, account_id, name, currency, timezone, listed_at) values (${other}, 'act_1', '', '', 'UTC', now())`
  await graph.fault(t, {
    match: '/act_1/insights',
    status: 400,
    headers: { 'x-business-use-case-usage': '{"1":[{"type":"ads_insights","estimated_time_to_regain_access":12}]}' },
    body: { error: { code: 80_000, error_subcode: 2_446_079 } },
    times: 1
  })
  await run()
  t.equal((await rows()).length, 30, 'the other one is read')
  const [waits] = await database.sql`select extract(epoch from due_at - now()) / 60 between 11 and 12 as minutes, reason from pulls where connection_id = ${id}`
  t.match(waits, { minutes: true, reason: 'rateLimited' })
  await makeDue()
  t.equal(await run(), 2)
  t.equal(await graph.calls('GET /act_1/insights'), 1, 'no request before that')
  t.equal((await rows()).length, 30)
  await database.sql`update ad_accounts set limited_until = now()`
  await makeDue()
  await run()
  t.equal((await rows()).length, 90)
  t.equal(await graph.calls('GET /act_2/insights'), 2, 'a round that is not over goes on')
})

t.test('requires a reconnect of the owner, and reads immediately afterwards', async (t) => {
  const { connect, database, graph, rows, run } = await openPulls(t)
  const { id, account } = await connect('ann', { act_1: { days: daysOf(3) } })
  await graph.revoke({ name: account, credentials: {} })
  t.equal(await run(), 1)
  t.match(await findConnection(database, id), { status: 'needsReauth', statusReason: 'the user has removed the app (#190/458)' })
  t.match(await findPull(database, id), { failure: 'the user has removed the app (#190/458)' })
  t.match(await listEvents(database, id), [{}, { event: 'connection.needs_reauth' }])
  await database.sql`update pulls set due_at = now()`
  t.equal(await run(), 0, 'until then nothing is asked')
  const again = await connect('ann', { act_1: { days: daysOf(3) } })
  t.equal(again.id, id)
  t.equal(await run(), 1)
  t.equal((await rows()).length, 3)
})

t.test('stores nothing of a closed connection, even from a running pull', async (t) => {
  const { connect, database, graph, rows, run } = await openPulls(t)
  const { id } = await connect('ann', { act_1: { days: daysOf(30) } })
  graph.onInsights = async () => { await disconnect(database, id) }
  await run()
  t.same(await rows(), [])
  for (const table of ['pulls', 'ad_accounts']) t.same(await database.sql`select from ${database.sql(table)}`, [])
})

t.test('reads on demand', async (t) => {
  const { connect, database, row, run } = await openPulls(t)
  const { id } = await connect('ann', { act_1: { days: daysOf(3) } })
  t.equal(await requestPull(database, id), true, 'also the first time')
  t.equal(await run(), 1)
  t.equal(await run(), 0)
  t.equal(await requestPull(database, id), true)
  const first = await row(id)
  t.equal(await run(), 1)
  t.not((await row(id))?.['succeeded_at'], first?.['succeeded_at'])
  await disconnect(database, id)
  t.equal(await requestPull(database, id), false)
})
