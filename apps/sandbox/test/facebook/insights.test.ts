import t from 'tap'
import { openTestFacebook, refusal } from './open-test-facebook.ts'
import type { Member } from './open-test-facebook.ts'

const facebook = await openTestFacebook(t)
const day = (ago: number): string => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)

interface Page {
  data: Array<Record<string, string>>
  paging?: { cursors: { after: string }, next?: string }
}

async function insights ({ get, adAccounts: [id] }: Member, query: Record<string, string> = {}): Promise<Page> {
  const { status, json, text } = await get(`/${id}/insights`, { fields: 'impressions,clicks,spend', time_increment: '1', ...query })
  if (status !== 200) throw new Error(text)
  return json as unknown as Page
}

t.test('lists ad accounts in several time zones', async (t) => {
  const { get, adAccounts } = await facebook.member()
  const { json } = await get('/me/adaccounts', { fields: 'id,account_id,name,account_status,currency,timezone_name' })
  const data = json['data'] as Array<Record<string, string>>
  t.same(data.map(({ id }) => id), adAccounts)
  for (const one of data) {
    t.match(one, { account_id: one['id']?.slice(4), name: String, account_status: 1, currency: /^[A-Z]{3}$/, timezone_name: /\// })
  }
  t.not(data[0]?.['timezone_name'], data[1]?.['timezone_name'])
  t.match(await get('/me/adaccounts', { fields: 'secrets' }), refusal(100))
})

t.test('has plausible figures per day, which are strings and the same in every response', async (t) => {
  const member = await facebook.member()
  const range = { time_range: JSON.stringify({ since: day(40), until: day(11) }), limit: '100' }
  const { data } = await insights(member, range)
  t.equal(data.length, 30)
  for (const { impressions = '', clicks = '', spend = '', ...dates } of data) {
    t.ok([impressions, clicks].every((text) => /^\d+$/.test(text)) && /^\d+(\.\d{1,2})?$/.test(spend))
    t.ok(Number(clicks) > 0 && Number(clicks) < Number(impressions) / 20)
    t.equal(dates['date_start'], dates['date_stop'])
  }
  t.same((await insights(member, range)).data, data)
  t.match((await insights(member)).data.length, 25, 'no range is the last thirty days, in pages of 25')
})

t.test('corrects only the figures of the last days', async (t) => {
  const member = await facebook.member()
  const range = { time_range: JSON.stringify({ since: day(10), until: day(1) }), limit: '100' }
  const before = (await insights(member, range)).data
  await facebook.advance(5 * 86_400)
  const after = (await insights(member, range)).data
  t.ok(Number(after.at(-1)?.['impressions']) > Number(before.at(-1)?.['impressions']))
  t.same(after.slice(0, 6), before.slice(0, 6))
  await facebook.control('/reset', {})
})

t.test('has cursors and no next on the last page, and may have an empty page before it', async (t) => {
  const member = await facebook.member()
  const first = await insights(member, { time_range: JSON.stringify({ since: day(20), until: day(11) }), limit: '4' })
  const sizes = [first.data.length]
  const seen = first.data.map(({ date_start: start }) => start)
  let page = first
  while (page.paging?.next !== undefined) {
    t.match(new URL(page.paging.next).searchParams.get('access_token'), member.accessToken, 'which is why it is never logged')
    page = (await facebook.call('GET', page.paging.next.replace(facebook.url, ''))).json as unknown as Page
    sizes.push(page.data.length)
    seen.push(...page.data.map(({ date_start: start }) => start))
  }
  t.same(sizes, [4, 0, 4, 2])
  t.match(page.paging?.cursors, { before: String, after: String })
  t.equal(new Set(seen).size, 10)
})

t.test('accepts the presets, and refuses others', async (t) => {
  const member = await facebook.member()
  const get = async (query: Record<string, string>) => await member.get(`/${member.adAccounts[0]}/insights`, query)
  for (const preset of [
    'today', 'yesterday', 'this_month', 'last_month', 'this_quarter', 'last_quarter', 'maximum', 'data_maximum', 'last_3d', 'last_7d', 'last_14d',
    'last_28d', 'last_30d', 'last_90d', 'last_week_mon_sun', 'last_week_sun_sat', 'this_week_mon_today', 'this_week_sun_today', 'this_year', 'last_year'
  ]) t.match(await get({ date_preset: preset }), { status: 200 }, preset)
  t.equal((await insights(member, { date_preset: 'last_7d' })).data.length, 7)
  for (const query of [
    { date_preset: 'constructor' }, { time_range: '{"since":"2026-02-30","until":"2026-03-01"}' }, { time_range: 'x' }, { fields: 'secrets' },
    { time_range: `{"since":"${day(1)}","until":"${day(2)}"}` }, { time_increment: '0' }, { time_increment: '91' }, { level: 'galaxy' }, { limit: '-1' }, { after: 'x' }
  ]) t.match(await get(query), refusal(100), JSON.stringify(query))
  t.match(await get({ time_range: '{"since":"2001-01-01","until":"2001-01-02"}' }), refusal(3018))
  t.equal((await insights(member, { date_preset: 'last_14d', time_increment: '7' })).data.length, 2)
  t.equal((await insights(member, { date_preset: 'last_14d', time_increment: 'all_days' })).data.length, 1)
})

t.test('does not show another person\'s ad account', async (t) => {
  const [member, other] = [await facebook.member(), await facebook.member()]
  for (const path of [`/${other.adAccounts[0]}/insights`, `/${other.adAccounts[0]}`, '/act_1/insights']) t.match(await member.get(path), refusal(100, { subcode: 33 }))
})

t.test('creates a report for a large query', async (t) => {
  const { accessToken, adAccounts: [id], get } = await facebook.member()
  const started = await facebook.graph(`POST /${id}/insights`, { access_token: accessToken, fields: 'spend', date_preset: 'last_7d', time_increment: '1' })
  const run = String(started.json['report_run_id'])
  t.match(run, /^\d+$/)
  t.match(await get(`/${run}/insights`), refusal(2601))
  const seen = []
  for (let index = 0; index < 3; index++) seen.push((await get(`/${run}`)).json)
  t.match(seen, [{ async_status: 'Job Not Started' }, { async_status: 'Job Running', async_percent_completion: 50 }, { async_status: 'Job Completed', async_percent_completion: 100 }])
  t.equal(((await get(`/${run}/insights`)).json as unknown as Page).data.length, 7)
})
