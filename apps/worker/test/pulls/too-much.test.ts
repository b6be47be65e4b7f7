import { findPull } from '@carillon/shared/pulls'
import t from 'tap'
import { daysOf, openPulls } from './open-pulls.ts'
import { openTeams } from './open-teams.ts'

interface DayResponse {
  item: { type: string, adAccount: string, since: string, until: string, rows: number }
}

const tooLong = { provider: 'facebook', fault: '100/1504018' }

/** A due team with two accounts. Each needs one request for thirty days. */
async function openSlow (t: Parameters<typeof openTeams>[0]) {
  const teams = await openTeams(t, { backfillDays: 30, rereadDays: 7, everyMs: 24 * 3_600_000 })
  const [team] = await teams.connectTeams(1)
  if (team === undefined) throw new Error('no team is connected')
  const { control, database } = teams
  return {
    ...teams,
    team,
    /** The responses for an account, oldest first: the days of the request, and the days with figures. */
    readResponses: async (adAccount: string) => {
      const { data } = await control<{ data: DayResponse[] }>('GET', `/inbox?provider=facebook&account=${team.account}`)
      return data.map(({ item }) => item).filter((item) => item.type === 'insights' && item.adAccount === adAccount)
        .map(({ since, until, rows }) => ({ since, until, rows, days: (Date.parse(until) - Date.parse(since)) / 86_400_000 + 1 }))
    },
    kept: async (adAccount: string) => (await database.sql`select day::text from insights where account_id = ${adAccount} order by day`).map(({ day }) => String(day))
  }
}

t.test('halves the range when a request takes too long, and reads all days', async (t) => {
  const { readResponses, control, database, kept, run, team } = await openSlow(t)
  const [first = '', second = ''] = [...team.adAccounts].sort()
  await control('POST', '/faults', { ...tooLong, match: '/insights', times: 2 })
  t.equal(await run(), 1)
  t.match(await findPull(database, team.id), { state: 'waiting', succeededAt: Date, failedAt: null, failure: null, reason: null })
  const responses = await readResponses(first)
  t.same(responses.map(({ days }) => days), [8, 7, 15], 'thirty and fifteen took too long')
  for (const [index, { since }] of responses.entries()) {
    if (index > 0) t.equal(Date.parse(since) - Date.parse(responses[index - 1]?.until ?? ''), 86_400_000, 'one after the other')
  }
  t.equal((await kept(first)).length, responses.reduce((sum, { rows }) => sum + rows, 0))
  t.same((await readResponses(second)).map(({ days }) => days), [30], 'each account starts with the whole range')
})

t.test('fails at a single day, and reads the other accounts', async (t) => {
  const { readResponses, control, database, graphCalls, kept, run, team } = await openSlow(t)
  const [slow = '', other = ''] = [...team.adAccounts].sort()
  await control('POST', '/faults', { ...tooLong, match: `${slow}/insights` })
  t.equal(await run(), 1)
  t.equal((await graphCalls('/insights')).refused, 6, '30, 15, 8, 4, 2 days, and one')
  t.same([await readResponses(slow), await kept(slow)], [[], []])
  t.ok((await kept(other)).length > 20)
  t.match(await findPull(database, team.id), { state: 'waiting', succeededAt: null, failure: `${slow}: the query takes too long (#100/1504018)` })
})

t.test('repeats a request whose second page takes too long, and stores each day once', async (t) => {
  const { connect, database, graph, rows, run } = await openPulls(t)
  graph.pageSize = 20
  const { id } = await connect('ann', { act_1: { days: daysOf(30) } })
  let pages = 0
  graph.onInsights = async () => {
    if (++pages === 1) await graph.fault(t, { match: '/insights', status: 400, body: { error: { code: 100, error_subcode: 1_504_018 } }, times: 1 })
  }
  await run()
  t.match(await findPull(database, id), { succeededAt: Date, failure: null })
  t.equal((await rows()).length, 30)
  t.equal(await graph.calls('GET /act_1/insights'), 4, 'two pages of thirty days, and twice fifteen')
})
