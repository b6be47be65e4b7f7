import { findSealed } from '@carillon/shared/connections'
import { openCredentials } from '@carillon/shared/grants'
import { parseId } from '@carillon/shared/db'
import { createBrowser } from '@carillon/testing'
import t from 'tap'
import { at, openTestApi, textAt } from '../../open-api.ts'
import type { TestApi } from '../../open-api.ts'
import { openWalk } from '../walk.ts'

const api = await openTestApi(t)
const returnTo = 'https://site.example/settings?tab=rings#here'

t.test('connects the account and redirects the browser to the site with the result', async (t) => {
  const token = await api.makeUser('success', 'Sue')
  const walk = await openWalk(api, token, { returnTo, account: 'success-account' })
  const start = await walk.browser.get(walk.startUrl)
  t.equal(start.status, 200)
  t.match(start.text, /Connect Pushbullet to <strong><bdi>Sue<\/bdi><\/strong> at <em><bdi>Bell &amp; Sons<\/bdi><\/em>/)

  const answer = await walk.finish()
  t.equal(answer.status, 303)
  const { body } = await api.ask('GET', `/v1/handshakes/${walk.id}`, { token })
  t.match(body, { status: 'completed', error: null, connectionId: /^con_/ })
  const ids = `handshake=${walk.id}&connection=${textAt(body, 'connectionId')}`
  t.equal(answer.location, `https://site.example/settings?tab=rings&carillon=connected&provider=pushbullet&${ids}#here`)
  const connection = await api.ask('GET', `/v1/connections/${textAt(body, 'connectionId')}`, { token })
  t.match(connection.body, { userId: 'success', provider: 'pushbullet', status: 'active', account: { name: /^success-account$/i } })
})

t.test('sends a welcome notification to the user', async (t) => {
  const token = await api.makeUser('greeted')
  await (await openWalk(api, token)).finish()
  const key = await api.makeKey('notifications:read')
  const { body } = await api.ask('GET', '/v1/notifications?limit=1', { token: key })
  t.match(at(body, 'data.0'), {
    origin: 'welcome',
    createdBy: { userId: 'greeted' },
    audience: { userIds: ['greeted'] },
    providers: ['pushbullet'],
    message: { type: 'note', title: 'Pushbullet is connected' },
    deliveries: 1,
    counts: { queued: 1 }
  })
})

t.test('shows a page when the handshake has no return URL', async (t) => {
  const walk = await openWalk(api, await api.makeUser('pageonly'))
  const answer = await walk.finish()
  t.equal(answer.status, 200)
  t.match(answer.text, /Pushbullet is connected/)
  const denied = await (await openWalk(api, await api.makeUser('pageonly'))).finish('deny')
  t.equal(denied.status, 403)
  t.match(denied.text, /You did not allow access/)
})

t.test('reports to the site that the user denied access', async (t) => {
  const token = await api.makeUser('denier')
  const walk = await openWalk(api, token, { returnTo })
  const { location } = await walk.finish('deny')
  t.match(location, `carillon=failed&provider=pushbullet&reason=denied&handshake=${walk.id}`)
  t.match((await api.ask('GET', `/v1/handshakes/${walk.id}`, { token })).body, { status: 'failed', error: 'denied', connectionId: null })
})

t.test('reports to the site that the provider returned another error, or no code', async (t) => {
  const cases = { 'error=server_error': 'providerRefused', '': 'missingCode', 'code=': 'missingCode', 'code=a&code=b': 'missingCode' }
  for (const [query, reason] of Object.entries(cases)) {
    const walk = await openWalk(api, await api.makeUser('nocode'), { returnTo })
    const callback = new URL(await walk.toCallback())
    callback.searchParams.delete('code')
    const { location } = await walk.browser.get(`${callback.href}&${query}`)
    t.match(location, `reason=${reason}`, query)
  }
})

const faults = [
  ['an OAuth error', { match: '/oauth2/token', status: 400, body: { error: 'invalid_grant', error_description: 'too old' } }, 'codeRefused'],
  ['a client secret that is wrong', { match: '/oauth2/token', status: 401, body: { error: 'invalid_client' } }, 'misconfigured'],
  ['an error in an envelope of its own', { match: '/oauth2/token', status: 401, body: { error: { code: 'x', message: 'y' } } }, 'codeRefused'],
  ['an HTML 502', { match: '/oauth2/token', status: 502, body: '<h1>Bad gateway</h1>' }, 'providerUnavailable'],
  ['a 429', { match: '/oauth2/token', status: 429, body: { error: 'slow_down' } }, 'providerUnavailable'],
  ['a reset', { match: '/oauth2/token', reset: 'before' }, 'providerUnavailable'],
  ['an HTML 404', { match: '/oauth2/token', status: 404, body: '<h1>Not here</h1>' }, 'providerUnavailable'],
  ['a text 403 of a firewall', { match: '/oauth2/token', status: 403, body: 'Forbidden' }, 'providerUnavailable'],
  ["a gateway's 401 in JSON", { match: '/oauth2/token', status: 401, body: { error: 'Unauthorized' } }, 'providerUnavailable'],
  ['a 200 with an error of RFC 6749', { match: '/oauth2/token', status: 200, body: { ok: false, error: 'invalid_code' } }, 'codeRefused'],
  ['HTML with a 200', { match: '/oauth2/token', status: 200, body: '<h1>Hello</h1>' }, 'providerUnavailable'],
  ['JSON that is cut short', { match: '/oauth2/token', status: 200, headers: { 'content-type': 'application/json' }, body: '{"access_token":"o.leaky' }, 'providerNonsense'],
  ['JSON that is no object', { match: '/oauth2/token', status: 200, headers: { 'content-type': 'application/json' }, body: 'null' }, 'providerNonsense'],
  ['JSON without a token', { match: '/oauth2/token', status: 200, body: { token_type: 'Bearer' } }, 'providerNonsense'],
  ['a redirect', { match: '/oauth2/token', status: 302, headers: { location: 'https://elsewhere.example/' }, body: '' }, 'providerUnavailable'],
  ['more than it should', { match: '/oauth2/token', status: 200, body: { access_token: 'x'.repeat(2_000_000) } }, 'providerNonsense'],
  ['a token that does not work', { match: '/users/me', status: 401 }, 'accountUnknown'],
  ['an account that cannot be looked up', { match: '/users/me', status: 500 }, 'accountUnknown']
] as const

for (const [what, fault, reason] of faults) {
  t.test(`gives the reason ${reason} for ${what}`, async (t) => {
    const token = await api.makeUser('unlucky')
    const walk = await openWalk(api, token, { returnTo })
    const callback = await walk.toCallback()
    await api.control('POST', '/faults', { provider: 'pushbullet', times: 1, ...fault })
    t.teardown(() => api.control('DELETE', '/faults'))
    t.match((await walk.browser.get(callback)).location, `reason=${reason}`)
    t.match((await api.ask('GET', `/v1/handshakes/${walk.id}`, { token })).body, { status: 'failed', error: reason })
    t.match((await api.ask('GET', '/v1/connections', { token })).body, { data: [] })
  })
}

t.test('logs what the operator has to fix', async (t) => {
  const walk = await openWalk(api, await api.makeUser('blameless'), { returnTo })
  const callback = await walk.toCallback()
  await api.control('POST', '/faults', { provider: 'pushbullet', match: '/oauth2/token', status: 401, body: { error: 'invalid_client' }, times: 1 })
  t.match((await walk.browser.get(callback)).location, 'reason=misconfigured')
  const line = api.logLines.findLast((each) => each.includes('refuses this deployment'))
  t.match(JSON.parse(line ?? '{}'), { level: 50, provider: 'pushbullet', reason: /invalid_client\); check its id and secret/ })
})

t.test('does not wait forever for a token endpoint that does not respond', async (t) => {
  const walk = await openWalk(api, await api.makeUser('patient'), { returnTo })
  const callback = await walk.toCallback()
  await api.control('POST', '/faults', { provider: 'pushbullet', match: '/oauth2/token', delayMs: 60_000, times: 1 })
  t.teardown(() => api.control('DELETE', '/faults'))
  t.match((await walk.browser.get(callback)).location, 'reason=providerTimeout')
})

t.test('refuses a callback without the cookie, and keeps the handshake open for its browser', async (t) => {
  const token = await api.makeUser('cookieless')
  const walk = await openWalk(api, token, { returnTo })
  const callback = await walk.toCallback()
  const answer = await createBrowser().get(callback)
  t.equal(answer.status, 403)
  t.equal(answer.location, undefined)
  t.match(answer.text, /Reason: noCookie/)
  t.match((await api.ask('GET', `/v1/handshakes/${walk.id}`, { token })).body, { status: 'pending' })
  t.match((await walk.browser.get(callback)).location, 'carillon=connected')
})

t.test("refuses a callback with another browser's cookie, or with a forged one", async (t) => {
  const token = await api.makeUser('robbed')
  const walk = await openWalk(api, token, { returnTo })
  const callback = await walk.toCallback()
  const thief = await openWalk(api, await api.makeUser('thief'))
  await thief.confirm()
  const answer = await thief.browser.get(callback)
  t.equal(answer.status, 403)
  t.equal(answer.location, undefined)
  t.match(answer.text, /Reason: foreignCookie/)

  const forger = createBrowser()
  const forged = await forger.get(callback, { cookie: `carillon_browser_${walk.id.slice(4).replaceAll('-', '')}=abc.def` })
  t.match(forged.text, /Reason: noCookie/)
  t.match((await api.ask('GET', `/v1/handshakes/${walk.id}`, { token })).body, { status: 'pending' })
  t.match((await walk.browser.get(callback)).location, 'carillon=connected')
})

t.test('uses a callback once, and shows its result to the same browser again', async (t) => {
  const token = await api.makeUser('twice')
  const walk = await openWalk(api, token, { returnTo })
  const callback = await walk.toCallback()
  const before = await exchanges()
  const answers = await Promise.all([walk.browser.get(callback), walk.browser.get(callback), walk.browser.get(callback)])
  const again = await walk.browser.get(callback)
  for (const { status, location } of [...answers, again]) t.match({ status, location }, { status: 303, location: 'carillon=connected&provider=pushbullet' })
  t.equal(await exchanges() - before, 1, 'the code was exchanged once')
  t.match((await createBrowser().get(callback)).text, /Reason: noCookie/, 'another browser learns nothing')
  t.match((await api.ask('GET', `/v1/handshakes/${walk.id}`, { token })).body, { status: 'completed' })
  t.match((await walk.browser.get(walk.startUrl)).location, 'carillon=connected', 'its link also shows its result')
  t.match((await createBrowser().get(walk.startUrl)).text, /Reason: alreadyUsed/)

  const denied = await openWalk(api, token, { returnTo })
  const denial = await denied.toCallback('deny')
  for (const answer of [await denied.browser.get(denial), await denied.browser.get(denial)]) t.match(answer.location, 'reason=denied')
})

t.test('ignores a prefetch, and then accepts the real callback', async (t) => {
  const requests: Array<Record<string, string>> = [
    { 'sec-purpose': 'prefetch' }, { 'sec-purpose': 'prefetch;prerender' }, { purpose: 'prefetch' }, { 'x-purpose': 'preview' }, { 'x-moz': 'prefetch' },
    { 'sec-fetch-dest': 'iframe' }, { 'sec-fetch-dest': 'image' }, { 'sec-fetch-dest': 'empty' }
  ]
  const token = await api.makeUser('ahead')
  const walk = await openWalk(api, token, { returnTo })
  const callback = await walk.toCallback()
  const before = await exchanges()
  for (const headers of requests) {
    const answer = await walk.browser.get(callback, headers)
    t.match(answer, { status: 503, location: undefined, headers: { 'cache-control': 'no-store' } }, JSON.stringify(headers))
    t.match(answer.text, /Reason: notNavigation/)
    t.match(answer.headers, { 'retry-after': '5' }, 'a program may ask again later')
  }
  t.match((await api.ask('GET', `/v1/handshakes/${walk.id}`, { token })).body, { status: 'pending' })
  t.equal(await exchanges(), before)
  t.match((await walk.browser.get(callback, { 'sec-fetch-dest': 'document', 'sec-fetch-site': 'cross-site' })).location, 'carillon=connected')
})

t.test('refuses an unknown state', async (t) => {
  const browser = createBrowser()
  for (const query of ['', '?state=', '?state=guess&code=x', '?state=a&state=b&code=x']) {
    const answer = await browser.get(`${api.url}/connect/pushbullet/callback${query}`)
    t.equal(answer.status, 400)
    t.match(answer.text, /Reason: unknownState/)
  }
})

t.test('treats an invalid callback as an error of the browser, not of the server', async (t) => {
  const browser = createBrowser()
  for (const path of ['pushbullet/callback?state=%00&code=x', '?carillon=%00', 'pushbullet/start?handshake=hsk_%00']) {
    const answer = await browser.get(`${api.url}/connect/${path}`)
    t.match([answer.status, answer.text], [400, /Reason: notUnderstood/], path)
  }
  const body = `handshake=${'x'.repeat(5_000)}`
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  t.equal((await api.ask('POST', '/connect/pushbullet/start', { body, headers: form })).status, 400)
  t.notMatch(api.logLines.join(''), 'page failed')
})

t.test('accepts a state that the provider sends twice if both are equal', async (t) => {
  const walk = await openWalk(api, await api.makeUser('echo'), { returnTo })
  const callback = new URL(await walk.toCallback())
  t.match((await walk.browser.get(`${callback.href}&state=${callback.searchParams.get('state')}`)).location, 'carillon=connected')
})

t.test('expires after ten minutes, at each step', async (t) => {
  const late = await openTestApi(t)
  const token = await late.makeUser('late')
  const [before, after] = [await openWalk(late, token, { returnTo }), await openWalk(late, token, { returnTo })]
  const callback = await after.toCallback()
  const page = await before.browser.get(before.startUrl)
  late.advance(10 * 60 * 1000)
  t.match((await before.browser.submit(page)).text, /Reason: expired/)
  t.equal((await before.browser.get(before.startUrl)).status, 410)
  t.match((await after.browser.get(callback)).location, 'reason=expired')
  t.match((await late.ask('GET', `/v1/handshakes/${after.id}`, { token: await late.makeUser('late') })).body, { status: 'expired', error: null })
})

t.test('lets one browser complete two handshakes at the same time', async (t) => {
  const browser = createBrowser()
  const [first, second] = [
    await openWalk(api, await api.makeUser('tab-one'), { browser, returnTo }), await openWalk(api, await api.makeUser('tab-two'), { browser, returnTo })
  ]
  const callbacks = [await first.toCallback(), await second.toCallback()]
  t.match((await browser.get(callbacks[1] ?? '')).location, 'carillon=connected')
  t.match((await browser.get(callbacks[0] ?? '')).location, 'carillon=connected')
})

t.test('keeps the id and replaces the token when a user reconnects', async (t) => {
  const token = await api.makeUser('again')
  await (await openWalk(api, token, { account: 'again-account' })).finish()
  const before = await onlyConnection(api, token)
  await (await openWalk(api, token, { account: 'again-account' })).finish()
  const after = await onlyConnection(api, token)
  t.equal(after.id, before.id)
  t.not(after.accessToken, before.accessToken)
})

t.test('refuses a confirmation from a form of another site', async (t) => {
  const walk = await openWalk(api, await api.makeUser('framed'), { returnTo })
  const startUrl = walk.startUrl.split('?')[0] ?? ''
  for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
    const answer = await walk.browser.post(startUrl, { handshake: walk.id }, headers)
    t.equal(answer.status, 403)
    t.match(answer.text, /Reason: notSameOrigin/)
    t.notOk(answer.headers['set-cookie'])
  }
  t.equal((await walk.browser.post(startUrl, { handshake: walk.id }, { 'sec-fetch-site': 'same-origin' })).status, 303)
})

t.test('shows a page for an invalid link', async (t) => {
  const browser = createBrowser()
  const { id } = await openWalk(api, await api.makeUser('lost'))
  for (const path of ['pushbullet/start', 'pushbullet/start?handshake=x', `pushbullet/start?handshake=${id.slice(0, -2)}00`, 'nobody/start', 'a/b/c']) {
    const answer = await browser.get(`${api.url}/connect/${path}`)
    t.equal(answer.status, 404, path)
    t.match(answer.text, /Reason: unknownHandshake/)
  }
})

t.test('sends pages that forbid framing, caching and referrers', async (t) => {
  const walk = await openWalk(api, await api.makeUser('tagged', '<script>alert(1)</script>'), { returnTo })
  const start = await walk.browser.get(walk.startUrl)
  t.notMatch(start.text, '<script')
  t.match(start.text, '&lt;script&gt;alert(1)&lt;/script&gt;')
  const answers = [start, await walk.browser.get(`${api.url}/connect/pushbullet/callback?state=x`), await walk.browser.get(`${api.url}/connect`)]
  for (const { headers } of answers) {
    t.match(headers, {
      'content-security-policy': /^default-src 'none';script-src 'self';.*frame-ancestors 'none'$/,
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': headers === start.headers ? 'same-origin' : 'no-referrer'
    })
  }
})

t.test('sets a signed cookie that scripts cannot read, with a new secret at each confirmation', async (t) => {
  const walk = await openWalk(api, await api.makeUser('cookies'))
  const cookies = async () => {
    const { headers } = await walk.confirm()
    const [own = '', ...others] = [headers['set-cookie'] ?? []].flat().sort()
    for (const other of others) t.match(other, /Max-Age=0/)
    return own
  }
  const [first, second] = [await cookies(), await cookies()]
  const form = new RegExp(`^carillon_browser_${walk.id.slice(4).replaceAll('-', '')}=[\\w-]{43}\\.[^;]+; Max-Age=3600; Path=/connect; HttpOnly; SameSite=Lax$`)
  for (const cookie of [first, second]) t.match(cookie, form)
  t.not(first, second)
})

t.test('never uses a secret that another site has set in the browser', async (t) => {
  const attacker = createBrowser()
  const token = await api.makeUser('planted')
  const bait = await openWalk(api, token, { browser: attacker })
  await bait.confirm()
  const [planted] = await attacker.jar.getCookies(`${api.url}/connect`)
  const walk = await openWalk(api, token, { returnTo })
  const name = `carillon_browser_${walk.id.slice(4).replaceAll('-', '')}`
  await walk.browser.jar.setCookie(`${name}=${planted?.value}; Path=/connect`, `${api.url}/connect`)
  await attacker.jar.setCookie(`${name}=${planted?.value}; Path=/connect`, `${api.url}/connect`)
  const callback = await walk.toCallback()
  const [own] = (await walk.browser.jar.getCookies(`${api.url}/connect`)).filter(({ key }) => key === name)
  t.not(own?.value, planted?.value)
  t.match((await attacker.get(callback)).text, /Reason: foreignCookie/)
  t.match((await walk.browser.get(callback)).location, 'carillon=connected')
})

t.test('drops the oldest handshakes of a browser that starts very many', async (t) => {
  const browser = createBrowser()
  const token = await api.makeUser('many')
  for (let count = 0; count < 15; count++) await (await openWalk(api, token, { browser })).confirm()
  const cookies = (await browser.jar.getCookies(`${api.url}/connect`)).filter(({ key }) => key.startsWith('carillon_browser_'))
  t.equal(cookies.length, 12)
  t.match((await (await openWalk(api, token, { browser, returnTo })).finish()).location, 'carillon=connected')
})

t.test('sets a __Host- cookie over https', async (t) => {
  const secure = await openTestApi(t, { change: ({ site }) => ({ site: { ...site, publicUrl: 'https://carillon.example' } }) })
  const walk = await openWalk(secure, await secure.makeUser('secure'))
  const own = { origin: 'https://carillon.example' }
  const { headers } = await createBrowser().post(`${secure.url}/connect/pushbullet/start`, { handshake: walk.id }, own)
  t.match([headers['set-cookie'] ?? []].flat().sort()[0], /^__Host-carillon_browser_[0-9a-f]{32}=[^;]+; Max-Age=3600; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
})

async function exchanges (): Promise<number> {
  const { data } = await api.control('GET', '/stats') as { data: Array<{ endpoint: string, requests: number }> }
  return data.find(({ endpoint }) => endpoint.endsWith('/oauth2/token'))?.requests ?? 0
}

async function onlyConnection (
  { database, services, ask }: TestApi, token: string
): Promise<{ id: string, accessToken: string }> {
  const { body } = await ask('GET', '/v1/connections', { token })
  const id = parseId('connection', textAt(body, 'data.0.id')) ?? ''
  const sealed = await findSealed(database, id)
  const provider = services.providers.get('pushbullet')
  if (sealed === undefined || provider === undefined) throw new Error('there is no connection')
  return { id, accessToken: openCredentials(services.vault, provider, sealed).accessToken ?? '' }
}
