import { findPull, listInsights, sumInsights } from '@carillon/shared/pulls'
import t from 'tap'
import { dayAgo, daysOf, openPulls } from './open-pulls.ts'

const tooMuch = { code: 1, type: 'OAuthException', message: 'Please reduce the amount of data you\'re asking for, then retry your request' }

t.test('reads the other accounts when one is always too large, and leaves the breaker closed', async (t) => {
  const { connect, database, graph, rows, run } = await openPulls(t)
  const { id } = await connect('ann', Object.fromEntries([1, 2, 3].map((number) => [`act_${number}`, { days: daysOf(30) }])))
  await graph.fault(t, { match: '/act_1/insights', status: 500, body: { error: tooMuch } })
  await run()
  t.same(new Set((await rows()).map(({ account }) => account)), new Set(['act_2', 'act_3']))
  t.equal((await rows()).length, 60)
  t.equal(await graph.calls('GET /act_1/insights'), 6, '30, 15, 8, 4, 2 days, and one')
  t.match(await findPull(database, id), { failure: 'act_1: the query takes too long (#1)' })
  t.same(await database.sql`select from provider_hosts where breaker <> 'closed'`, [])
})

t.test('halves the range when only the error message says that it is too large', async (t) => {
  const { connect, database, graph, rows, run } = await openPulls(t)
  const { id } = await connect('ann', { act_1: { days: daysOf(30) } })
  await graph.fault(t, { match: '/act_1/insights', status: 500, body: { error: tooMuch }, times: 2 })
  await run()
  t.equal((await rows()).length, 30)
  t.match(await findPull(database, id), { failure: null, succeededAt: Date })
})

t.test('reads the other accounts when a proxy responds for one, and retries that one', async (t) => {
  const { connect, database, graph, makeDue, rows, run } = await openPulls(t)
  const { id } = await connect('ann', Object.fromEntries([1, 2, 3].map((number) => [`act_${number}`, { days: daysOf(30) }])))
  await t.test('while the proxy responds, whatever the delay', async (t) => {
    const page = { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>502 Bad Gateway</h1>' }
    await graph.fault(t, { match: '/act_1/insights', ...page })
    await run()
    t.equal((await rows()).length, 60)
    t.match(await findPull(database, id), { succeededAt: null, failure: /^act_1: / })
  })
  await makeDue()
  await run()
  t.equal((await rows()).length, 90)
  t.same([await graph.calls('GET /act_2/insights'), await graph.calls('GET /act_3/insights')], [2, 2], 'what had been read is not read twice')
  t.match(await findPull(database, id), { succeededAt: Date, reason: null })
})

t.test('reads null as zero, and a number as its digits', async (t) => {
  const { connect, rows, run } = await openPulls(t)
  await connect('ann', { act_1: { days: { [dayAgo(1)]: { impressions: null, clicks: 12, spend: 5339.5 } } } })
  await run()
  t.same(await rows(), [{ account: 'act_1', day: dayAgo(1), impressions: '0', clicks: '12', spend: '5339.5' }])
})

t.test('stores the other days beside an unreadable one, keeps the old figures of that day, and records it', async (t) => {
  const { connect, database, makeDue, rows, run } = await openPulls(t)
  const days: Record<string, { impressions: unknown, clicks: unknown, spend: unknown }> = daysOf(5)
  const { id } = await connect('ann', { act_1: { days }, act_2: { days: daysOf(5) } })
  await run()
  days[dayAgo(2)] = { impressions: 'many', clicks: '1', spend: '1' }
  days[dayAgo(1)] = { impressions: '7', clicks: '7', spend: '7' }
  await makeDue()
  await run()
  const kept = new Map((await rows()).filter(({ account }) => account === 'act_1').map(({ day, impressions }) => [day, impressions]))
  t.same([kept.get(dayAgo(2)), kept.get(dayAgo(1))], ['1002', '7'])
  t.match(await findPull(database, id), { state: 'waiting', failure: 'act_1: unreadable days: 1' })
})

t.test('lists the other accounts beside an unreadable one, and cleans names for PostgreSQL', async (t) => {
  const { connect, database, graph, rows, run } = await openPulls(t)
  graph.oddAccounts = [null, { id: 'act_none' }, { id: 'act_7', name: 'Nul\u0000l', timezone_name: 'UTC' }]
  const { id, account } = await connect('ann', { act_1: { days: daysOf(3) } })
  graph.adAccounts.set(account, { act_1: { days: daysOf(3) } })
  await run()
  t.equal((await rows()).length, 3)
  t.match(await database.sql`select name from ad_accounts where account_id = 'act_7'`, [{ name: 'Null' }])
  t.match(await findPull(database, id), { failure: 'unreadable accounts in the list: 2' })
})

t.test('requests shorter pages of accounts when a page is too large', async (t) => {
  const { connect, database, graph, rows, run } = await openPulls(t)
  graph.pageSize = 100
  const { id } = await connect('ann', Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`act_${index + 1}`, { days: daysOf(1) }])))
  await graph.fault(t, { match: '/me/adaccounts', status: 500, body: { error: tooMuch }, times: 2 })
  await run()
  t.equal((await rows()).length, 60)
  const limits = graph.requests.filter((line) => line.includes('/me/adaccounts')).map((line) => /limit=(\d+)/.exec(line)?.[1])
  t.same(limits, ['100', '50', '25', '25', '25'])
  t.match(await findPull(database, id), { failure: null, succeededAt: Date })
})

t.test('removes a day that the provider no longer returns, from rows and totals', async (t) => {
  const { connect, database, makeDue, rows, run } = await openPulls(t, { rereadDays: 3 })
  const days = daysOf(30)
  const { id } = await connect('ann', { act_1: { days }, act_2: { days: daysOf(30) } })
  await run()
  const before = await sumInsights(database, { connectionId: id, account: 'act_1' })
  for (const ago of [1, 10]) delete days[dayAgo(ago)]
  await makeDue()
  await run()
  t.same(await listInsights(database, { connectionId: id, account: 'act_1', since: dayAgo(1), until: dayAgo(1) }, { limit: 5 }), [])
  t.equal((await listInsights(database, { connectionId: id, account: 'act_1', since: dayAgo(10), until: dayAgo(10) }, { limit: 5 })).length, 1,
    'a day that is not read again stays')
  t.equal((await rows()).length, 59, 'the other account has all of its days')
  const [{ impressions = '' } = {}] = await sumInsights(database, { connectionId: id, account: 'act_1' })
  t.equal(BigInt(before[0]?.impressions ?? 0) - BigInt(impressions), 1_028n)
})
