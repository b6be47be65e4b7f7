import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { Services } from '../../../src/services.ts'
import { openWalk } from '../../handshakes/walk.ts'
import { at, textAt } from '../../open-api.ts'
import { openTeamPulls } from './open-team-pulls.ts'

const { api, key, put, pulled, connect } = await openTeamPulls(t)
const look = async (teamId: string, query = '', headers: Record<string, string> = {}) =>
  await api.ask('GET', `/v1/teams/${teamId}/pulls/facebook/insights${query}`, { token: key, headers })
const days = (count: number): Record<string, [string, string, string]> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10), ['100', '10', '0.1']]))

t.test('keeps figures exact, and sums them by currency', async (t) => {
  await put('Exact', 'olive')
  await pulled('exact', {
    act_1: { days: { '2026-02-01': ['123456789012345678901234567890', '0', '0.10'], '2026-02-02': ['1', '1', '0.20'] } },
    act_2: { days: { '2026-02-01': ['5', '5', '5339.50'] } },
    act_3: { currency: 'USD', days: { '2026-02-02': ['7', '7', '0.000000000000000000001'] } }
  })
  const { body } = await look('exact')
  t.match(at(body, 'data'), [
    { account: 'act_1', accountName: 'Name of act_1', currency: 'EUR', day: '2026-02-01', impressions: '123456789012345678901234567890', clicks: '0', spend: '0.10' },
    { account: 'act_2', day: '2026-02-01', spend: '5339.50' },
    { account: 'act_1', day: '2026-02-02', spend: '0.20' },
    { account: 'act_3', day: '2026-02-02', currency: 'USD', spend: '0.000000000000000000001' }
  ])
  t.same(at(body, 'totals'), [
    { currency: 'EUR', impressions: '123456789012345678901234567896', clicks: '6', spend: '5339.80' },
    { currency: 'USD', impressions: '7', clicks: '7', spend: '0.000000000000000000001' }
  ])
  t.same(at(body, 'nextCursor'), null)
})

t.test('returns the requested rows page by page, with the totals of all rows', async (t) => {
  await put('Pages', 'olive')
  await pulled('pages', { act_1: { days: days(60) }, act_2: { days: days(60) } })
  const wanted = 'since=2026-01-11&until=2026-02-09'
  const seen: unknown[] = []
  let cursor: unknown
  let pages = 0
  do {
    const { status, body } = await look('pages', `?${wanted}&limit=7${cursor === undefined ? '' : `&cursor=${String(cursor)}`}`)
    t.equal(status, 200)
    t.same(at(body, 'totals'), [{ currency: 'EUR', impressions: '6000', clicks: '600', spend: '6.0' }])
    seen.push(...Object.values(Object(at(body, 'data'))).map((row) => `${textAt(row, 'day')} ${textAt(row, 'account')}`))
    cursor = at(body, 'nextCursor')
    pages++
  } while (cursor !== null && pages < 20)
  t.equal(pages, 9)
  t.equal(seen.length, 60)
  t.same(seen, [...new Set(seen)].sort())
  t.same([seen[0], seen.at(-1)], ['2026-01-11 act_1', '2026-02-09 act_2'])

  const { body } = await look('pages', '?account=act_2&limit=200')
  t.equal(Object.keys(Object(at(body, 'data'))).length, 60)
  t.match(await look('pages', '?account=act_3'), { status: 200, body: { data: [], totals: [], nextCursor: null } })
})

t.test('refuses invalid queries', async (t) => {
  await put('Sense', 'olive')
  await pulled('sense', {})
  const cursorOf = (text: string) => Buffer.from(text).toString('base64url')
  for (const [query, path] of [
    ['?since=2026-02-30', 'since'], ['?until=yesterday', 'until'], ['?since=0000-01-01', 'since'], ['?since=2026-02-02&until=2026-02-01', 'until'], ['?limit=0', 'limit'],
    ['?account=', 'account'], ['?from=2026-01-01', 'from'], ['?cursor=x', 'cursor'], [`?cursor=${cursorOf('2026-02-30 act_1')}`, 'cursor'], [`?cursor=${cursorOf('0000-01-01 act_1')}`, 'cursor'],
    [`?cursor=${cursorOf('2026-02-01 act_1; drop')}`, 'cursor'], [`?cursor=${randomBytes(16).toString('base64url')}`, 'cursor']
  ] as const) {
    const { status, body } = await look('sense', query)
    t.match([status, body], [400, { code: 'invalidInput', errors: [{ path }] }], query)
  }
})

t.test('returns all rows as CSV on request', async (t) => {
  await put('Csv', 'olive')
  await pulled('csv', {
    act_1: { name: 'Shoes, "red"', days: { '2026-02-01': ['1', '2', '-3.50'] } },
    act_2: { name: '=HYPERLINK("http://x")', days: days(1_200) }
  })
  const { status, headers, body } = await look('csv', '?limit=2', { accept: 'text/csv' })
  t.match([status, headers], [200, { 'content-type': 'text/csv; charset=utf-8', 'content-disposition': 'attachment; filename="facebook.csv"', vary: /accept/i }])
  const lines = String(body).split('\r\n')
  t.equal(lines.length, 1 + 1_201 + 1, 'with a header line, and a line break at the end')
  t.equal(lines[0], 'account,accountName,currency,day,impressions,clicks,spend')
  t.ok(lines.includes('act_1,"Shoes, ""red""",EUR,2026-02-01,1,2,-3.50'))
  t.ok(lines.includes('act_2,"\'=HYPERLINK(""http://x"")",EUR,2026-01-01,100,10,0.1'), 'a name cannot be a formula')
  const some = await look('csv', '?account=act_1&since=2026-02-01', { accept: 'text/csv;q=0.9, application/json;q=0.1' })
  t.equal(String(some.body).split('\r\n').length, 3)
  for (const accept of ['*/*', 'application/json, text/csv;q=0.5', 'text/html']) {
    t.match((await look('csv', '', { accept })).headers, { 'content-type': /^application\/json/ }, accept)
  }
})

t.test('reports when and why a pull failed, and when one last succeeded', async (t) => {
  await put('Failing', 'olive')
  await pulled('failing', { act_1: { days: days(1) } }, { kind: 'failed', reason: 'not available now', delayMs: 1_000, everyMs: 60_000 })
  t.match((await look('failing')).body, {
    data: [{}], pull: { state: 'waiting', succeededAt: null, failedAt: String, failure: 'not available now', reason: 'not available now' }
  })
  await put('Limited', 'olive')
  await pulled('limited', {}, { kind: 'later', reason: 'rateLimited', delayMs: 600_000 })
  t.match((await look('limited')).body, { data: [], pull: { reason: 'rateLimited', failedAt: null, failure: null } })
  await put('Fresh', 'olive')
  await connect('fresh', 'facebook')
  t.match(await look('fresh'), { status: 200, body: { data: [], totals: [], pull: null, connection: { status: 'active' } } })
})

t.test("pulls soon at the owner's request, and not while the token does not work", async (t) => {
  await put('Soon', 'olive')
  const { id } = await pulled('soon', {})
  const path = '/v1/teams/soon/pulls/facebook/insights/refresh'
  const isDue = async () => (await api.database.sql`select due_at <= now() as due from pulls where connection_id = ${id.slice(4)}`)[0]?.['due']
  t.equal(await isDue(), false)
  t.match(await api.ask('POST', path, { token: key }), { status: 202, body: { state: 'waiting' } })
  t.equal(await isDue(), true)

  await put('Sooner', 'olive')
  await connect('sooner', 'facebook')
  t.match(await api.ask('POST', path.replace('soon', 'sooner'), { token: key }), { status: 202, body: { succeededAt: null } }, 'the first pull too')

  await api.database.sql`update connections set status = 'needsReauth', status_reason = 'the user has removed the app (#190/458)' where id = ${id.slice(4)}`
  t.match(await api.ask('POST', path, { token: key }), { status: 409, body: { code: 'needsReauth', detail: /#190\/458/ } })
  t.match((await look('soon')).body, { connection: { id, status: 'needsReauth', statusReason: /#190\/458/ } }, 'the pulled data stays readable')
})

t.test('sends no notification through a connection that only pulls, and explains that', async (t) => {
  const body = { audience: { userIds: ['olive'] }, providers: ['facebook'] }
  const message = { type: 'note', title: 'Hello' }
  for (const [path, asked] of [['', { ...body, message }], ['/preview', body]] as const) {
    const { status, body: told } = await api.ask('POST', `/v1/notifications${path}`, { token: key, body: asked })
    t.match([status, told], [400, { errors: [{ path: 'providers.0', message: /can send$/ }] }], path)
  }
})

t.test("wakes the worker at the owner's request and after a team connects, even if the queue fails", async (t) => {
  const woken: string[] = []
  let isAway = false
  const pullQueue: Services['pullQueue'] = {
    add: async (jobs) => {
      if (isAway) throw new Error('the queue is away')
      woken.push(...jobs.map(({ id }) => id))
    }
  }
  const { api, key, put, pulled, tokenOf } = await openTeamPulls(t, { pullQueue })
  await put('Awake', 'olive')
  t.match((await (await openWalk(api, await tokenOf('olive', 'awake'), { provider: 'facebook' })).finish()).status, 200)
  t.equal(woken.length, 1, 'the team is connected')
  await put('Asked', 'olive')
  await pulled('asked', {})
  const path = '/v1/teams/asked/pulls/facebook/insights/refresh'
  t.match(await api.ask('POST', path, { token: await tokenOf('olive', 'asked') }), { status: 202 })
  t.equal(woken.length, 2)
  isAway = true
  t.match(await api.ask('POST', path, { token: key }), { status: 202 })
  t.match(api.logLines.join(''), 'the pull waits for its next scheduled time')
})
