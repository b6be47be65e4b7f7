import t from 'tap'
import { openTestFacebook, refusal } from './open-test-facebook.ts'

const facebook = await openTestFacebook(t)
t.afterEach(() => facebook.control('/reset', {}))
const header = ({ headers }: { headers: Headers }, name: string): unknown => JSON.parse(headers.get(name) ?? 'null')

t.test('reports the usage of the limits in every response', async (t) => {
  await facebook.control('/facebook/limits', { app: 10, adAccount: 4 })
  const { get, adAccounts: [id] } = await facebook.member()
  t.same(header(await get('/me'), 'x-app-usage'), { call_count: 10, total_cputime: 2, total_time: 5 })
  t.same(header(await facebook.graph('GET /me'), 'x-app-usage'), { call_count: 20, total_cputime: 5, total_time: 10 }, 'also on a refusal')
  const response = await get(`/${id}/insights`)
  t.match(header(response, 'x-business-use-case-usage'), {
    [id?.slice(4) ?? '']: [{ type: 'ads_insights', call_count: 25, estimated_time_to_regain_access: 0, ads_api_access_tier: String }]
  })
  t.match(header(response, 'x-ad-account-usage'), { acc_id_util_pct: 25, reset_time_duration: 3600 })
  t.match(header(response, 'x-fb-ads-insights-throttle'), { app_id_util_pct: 30, acc_id_util_pct: 25 })
  t.equal(response.headers.get('retry-after'), null)
})

t.test('refuses the app with error 4 until its hour ends', async (t) => {
  await facebook.control('/facebook/limits', { app: 2 })
  const { get } = await facebook.member()
  t.same([(await get('/me')).status, (await get('/me')).status], [200, 200])
  const refused = await get('/me')
  t.match(refused, refusal(4, { message: '(#4) Application request limit reached' }))
  t.match(refused.json, { error: { is_transient: true } })
  t.match(header(refused, 'x-app-usage'), { call_count: 150 })
  await facebook.advance(3_600)
  t.match(await get('/me'), { status: 200 })
})

t.test('refuses an ad account per use, with the remaining minutes', async (t) => {
  await facebook.control('/facebook/limits', { adAccount: 1 })
  const { get, adAccounts: [id, other] } = await facebook.member()
  await get(`/${id}/insights`)
  await get(`/${id}`)
  await facebook.advance(600)
  for (const [path, code] of [[`/${id}/insights`, 80_000], [`/${id}`, 80_004]] as const) {
    const refused = await get(path)
    t.match(refused, refusal(code, { subcode: 2_446_079 }))
    t.match(header(refused, 'x-business-use-case-usage'), { [id?.slice(4) ?? '']: [{ estimated_time_to_regain_access: 50 }] })
  }
  t.match(await get(`/${other}/insights`), { status: 200 }, 'another one is not concerned')
})

t.test('limits the app per user by default, or not at all', async (t) => {
  for (const body of [{ app: -1 }, { app: 'many' }, { page: 1 }]) t.match(await facebook.control('/facebook/limits', body), { status: 400 })
  t.match(await facebook.control('/facebook/limits', { app: null }), { status: 200, json: { app: null } })
  const { get } = await facebook.member()
  t.match(header(await get('/me'), 'x-app-usage'), { call_count: 0 })
})
