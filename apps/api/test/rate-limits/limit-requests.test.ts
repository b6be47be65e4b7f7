import t from 'tap'
import { at, openTestApi } from '../open-api.ts'
import type { Answer, Asked } from '../open-api.ts'

const api = await openTestApi(t, {
  offer: ['pushbullet', 'slack'],
  change: () => ({ rateLimits: { perKey: 100, perUser: 100, perIp: 100, inboundPerIp: 100 }, trustedProxies: ['127.0.0.1'] })
})

let addresses = 0
/** The headers of a request from an address of its own. */
const from = (address = `198.51.100.${++addresses}`) => ({ 'x-forwarded-for': address })

/** Sends the request until the limit is reached. Returns the refusal, and how many were not refused. */
async function exhaust (...call: Parameters<typeof api.ask>): Promise<Answer & { passed: number }> {
  for (let passed = 0; passed <= 100; passed++) {
    const answer = await api.ask(...call)
    if (answer.status === 429) return { ...answer, passed }
  }
  throw new Error('no limit')
}

const limited = { status: 429, headers: { 'retry-after': /^\d+$/, 'ratelimit-remaining': /^\d$/ }, body: { code: 'rateLimited', status: 429 } }

t.test('tells the caller the limit and what is left of it', async (t) => {
  const token = await api.makeKey()
  const first = await api.ask('GET', '/v1/providers', { token })
  t.match(first, { status: 200, headers: { 'ratelimit-limit': '100', 'ratelimit-remaining': '99', 'ratelimit-reset': '60', 'ratelimit-policy': '100;w=60' } })
  const second = await api.ask('POST', '/v1/user-tokens', { token, body: {} })
  t.match(second, { status: 400, headers: { 'ratelimit-remaining': '97' } }, 'a change costs more than a read, also when it is refused')
  const { headers } = await api.ask('GET', '/v1/connectors', { token, headers: { origin: 'https://site.example' } })
  t.match(headers['access-control-expose-headers'], /ratelimit-limit.*ratelimit-remaining.*ratelimit-reset.*retry-after/, 'browsers show them to scripts')
})

t.test('limits each API key by itself, until the minute ends', async (t) => {
  const token = await api.makeKey()
  const refused = await exhaust('GET', '/v1/providers', { token })
  t.match(refused, { ...limited, passed: 100 })
  t.match(at(refused.body, 'detail'), /^The limit of 100 per minute for this API key is reached, and this request costs 1: try again in \d+ seconds?$/)
  t.match(await api.ask('GET', '/v1/providers', { token: await api.makeKey() }), { status: 200 })
  api.advance(Number(refused.headers['retry-after']) * 1_000)
  t.match(await api.ask('GET', '/v1/providers', { token }), { status: 200 })
})

t.test('charges more for requests to a provider than for reads', async (t) => {
  const token = await api.makeUser('outgoing')
  t.match(await exhaust('POST', '/v1/handshakes', { token, body: { provider: 'pushbullet' } }), { ...limited, passed: 10 })
  const proxied = await exhaust('GET', '/v1/connections/con_01890000-0000-7000-8000-000000000000/proxy/v2/users/me', { token: await api.makeKey() })
  t.match(proxied, { ...limited, passed: 10 })
})

t.test('limits a user across tokens, and no other user', async (t) => {
  const tokens = [await api.makeUser('ann'), await api.makeUser('ann')]
  t.match(await exhaust('GET', '/v1/connections', { token: tokens[0] }), limited)
  t.match(await api.ask('GET', '/v1/connections', { token: tokens[1] }), limited)
  t.match(await api.ask('GET', '/v1/connections', { token: await api.makeUser('bob') }), { status: 200 })
})

t.test('limits requests without a valid token by their network, and valid tokens never by it', async (t) => {
  const wrongs: Asked[] = [{}, { token: 'ck_wrong' }, { token: 'wrong' }]
  for (const wrong of wrongs) {
    const asked = { ...wrong, headers: from() }
    t.match(await exhaust('GET', '/v1/connections', asked), { ...limited, passed: 100 })
    t.match(await api.ask('GET', '/v1/no/such/route', asked), limited, 'a path without a route')
    t.match(await api.ask('GET', '/v1/connections', { ...wrong, headers: from() }), { status: 401 }, 'another network')
    t.match(await api.ask('GET', '/v1/providers', { ...asked, token: await api.makeKey() }), { status: 200 }, 'a valid token')
  }
  t.match(await exhaust('GET', '/v1/connections', { headers: from('2001:db8::1') }), limited)
  t.match(await api.ask('GET', '/v1/connections', { headers: from('2001:db8::2:1') }), limited, 'the same /64')
  t.match(await api.ask('GET', '/v1/connections', { headers: from('2001:db8:0:1::1') }), { status: 401 })
})

t.test('limits pages, the reference and callbacks together, and shows a page', async (t) => {
  const headers = from()
  const callback = '/connect/pushbullet/callback?state=unknown&code=x'
  t.match(await exhaust('GET', callback, { headers }), { passed: 10, headers: { 'content-type': /^text\/html/, 'retry-after': /^\d+$/ }, body: /Too many requests.*try again in \d+ second/s })
  for (const path of ['/connect', '/connect/no/such/page', '/u/unknown', '/connect/assets/page.css']) {
    t.match(await api.ask('GET', path, { headers }), { status: 429, headers: { 'content-type': /^text\/html/ } }, path)
  }
  for (const path of ['/openapi.json', '/docs/', '/problems', '/unknown']) t.match(await api.ask('GET', path, { headers }), limited, path)
})

t.test('limits inbound requests by themselves, and neither probes nor preflights', async (t) => {
  const headers = from()
  t.match(await exhaust('GET', '/problems', { headers }), limited)
  t.match(await api.ask('POST', '/inbound/slack', { headers, body: {} }), { status: 401, headers: { 'ratelimit-remaining': '98' } })
  t.match(await exhaust('POST', '/inbound/slack', { headers, body: {} }), { ...limited, body: { detail: /inbound requests from 198\.51\.100\.\d+ is reached/ } })
  const preflight = { ...headers, origin: 'https://site.example', 'access-control-request-method': 'POST' }
  t.match(await api.ask('OPTIONS', '/v1/handshakes', { headers: preflight }), { status: 204 })
  for (const path of ['/healthz', '/readyz']) t.match(await api.ask('GET', path, { headers }), { status: 200, headers: { 'ratelimit-limit': undefined } }, path)
})

t.test('believes the address that a trusted proxy adds, and none before it', async (t) => {
  const headers = from('203.0.113.1, 203.0.113.9')
  t.match(await exhaust('GET', '/problems', { headers }), { ...limited, body: { detail: /from 203\.0\.113\.9 is reached/ } })
  t.match(await api.ask('GET', '/problems', { headers: from('203.0.113.2, 203.0.113.9') }), limited)
})
