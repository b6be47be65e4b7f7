import { createBrowser } from '@carillon/testing'
import t from 'tap'
import { at, textAt } from '../../open-api.ts'
import { openTeamApi } from '../../open-team-api.ts'
import { openWalk } from '../walk.ts'

const { api, key, put, tokenOf } = await openTeamApi(t, { teams: ['facebook'] })
const returnTo = 'https://site.example/settings'
let teams = 0

/** The handshake of an owner, for a team without connections. */
async function open (account = 'olive', to: string | undefined = returnTo) {
  const teamId = `team-${teams++}`
  await put(teamId, 'olive')
  const token = await tokenOf('olive', teamId)
  const walk = await openWalk(api, token, { provider: 'facebook', account, ...to === undefined ? {} : { returnTo: to } })
  return {
    ...walk,
    token,
    status: async () => (await api.ask('GET', `/v1/handshakes/${walk.id}`, { token })).body,
    connection: async () => at((await api.ask('GET', `/v1/connections?teamId=${teamId}`, { token: key })).body, 'data.0')
  }
}

t.test('redirects to the dialog with a state, and uses exactly the registered redirect URI', async (t) => {
  const walk = await open()
  const dialog = new URL((await walk.confirm()).location ?? '')
  t.match(dialog.pathname, /\/www\/v26\.0\/dialog\/oauth$/)
  t.match(Object.fromEntries(dialog.searchParams), {
    client_id: '1234567890123456',
    redirect_uri: `${api.url}/connect/facebook/callback`,
    response_type: 'code',
    scope: 'public_profile,ads_read',
    state: /^[\w-]{40,}$/,
    auth_type: undefined
  })
  const callback = (await walk.browser.get(`${dialog.href}&auto=allow&account=olive`)).location ?? ''
  t.match(callback, /\/connect\/facebook\/callback\?code=[^&]+&state=[^&]+#_=_$/)
  t.match((await walk.browser.get(callback)).location, `${returnTo}?carillon=connected&provider=facebook`)
  t.match(await walk.status(), { status: 'completed', connectionId: /^con_/ })
  t.match((await walk.browser.get(callback)).location, 'carillon=connected', 'a reload leads to the same result')
})

t.test('stores a token of sixty days, and not the one from the code', async (t) => {
  const walk = await open()
  const before = Date.now()
  await walk.finish()
  const connection = await walk.connection()
  t.match(connection, { status: 'active', account: { id: /^\d{16}$/, name: 'olive' }, missingPermissions: [] })
  const days = (Date.parse(textAt(connection, 'expiresAt')) - before) / 86_400_000
  t.ok(days > 59.9 && days < 60.1, `${days} days`)
})

t.test('reports a denial and declined permissions to the site', async (t) => {
  const denied = await open()
  t.match((await denied.finish('deny')).location, 'carillon=failed&provider=facebook&reason=denied')
  t.match(await denied.status(), { status: 'failed', error: 'denied' })

  const partly = await open('pat')
  const { location } = await partly.confirm()
  const { location: callback = '' } = await partly.browser.get(`${location}&auto=allow&account=pat&decline=ads_read`)
  t.match((await partly.browser.get(callback)).location, /\?carillon=connected&provider=facebook&missing=ads_read&handshake=hsk_[\w-]+&connection=con_[\w-]+#$/, 'the redirect has its own fragment, because the browser would keep #_=_')
  t.match(await partly.connection(), { status: 'active', missingPermissions: ['ads_read'] })
  const again = await openWalk(api, partly.token, { provider: 'facebook', returnTo, account: 'pat' })
  t.match((await again.confirm()).location, 'auth_type=rerequest')
})

t.test('treats an error without a name as a refusal', async (t) => {
  const rows = {
    'error_code=1349126&error_message=App+not+active': 'providerRefused',
    'error_message=no': 'providerRefused',
    'error_reason=user_denied': 'denied',
    'error_code=200&code=': 'providerRefused'
  }
  for (const [query, reason] of Object.entries(rows)) {
    const walk = await open()
    const state = new URL((await walk.confirm()).location ?? '').searchParams.get('state')
    t.match((await walk.browser.get(`${api.url}/connect/facebook/callback?${query}&state=${state}`)).location, `reason=${reason}`, query)
    t.match(await walk.status(), { status: 'failed', error: reason })
  }
})

t.test('asks again for declined permissions, only in the same browser', async (t) => {
  const walk = await openWalk(api, await tokenOf('olive', 'team-0'), { provider: 'facebook', account: 'quinn' })
  const { location } = await walk.confirm()
  const { location: callback = '' } = await walk.browser.get(`${location}&auto=allow&account=quinn&decline=ads_read`)
  const page = await walk.browser.get(callback)
  t.match([page.status, page.text], [200, /You did not allow <strong>ads_read<\/strong>/])
  const again = `${api.url}/connect/facebook/again`
  t.match((await createBrowser().post(again, { handshake: walk.id })).text, /Reason: foreignCookie/)
  t.match((await walk.browser.post(again, { handshake: walk.id }, { origin: 'https://evil.example' })).text, /Reason: notSameOrigin/)
  t.match((await walk.browser.post(again, { handshake: 'hsk_x' })).text, /Reason: unknownHandshake/)
  t.match((await walk.browser.submit(page)).location, /\/connect\/facebook\/start\?handshake=hsk_/)
  await put('team-0', 'max', 'olive')
  t.match((await walk.browser.post(again, { handshake: walk.id })).text, /Reason: notOwner/)
})

t.test('accepts a callback only in the browser that confirmed, and only with its own state', async (t) => {
  const walk = await open()
  const callback = await walk.toCallback()
  t.match((await createBrowser().get(callback)).text, /Reason: noCookie/)
  t.match((await walk.browser.get(callback.replace(/state=[^&#]+/, 'state=guess'))).text, /Reason: unknownState/)
  t.match((await walk.browser.get(callback.replace(/code=[^&]+&/, ''))).location, 'reason=missingCode')
})

t.test('explains a refusal of the token endpoint that differs from RFC 6749', async (t) => {
  const rows: Array<[fault: object, reason: string]> = [
    [{ fault: '100' }, 'codeRefused'],
    [{ fault: '1' }, 'misconfigured'],
    [{ fault: '101' }, 'misconfigured'],
    [{ fault: '2' }, 'providerUnavailable'],
    [{ fault: '4' }, 'providerUnavailable'],
    [{ fault: '200-with-error' }, 'providerUnavailable'],
    [{ status: 200, body: { error: { type: 'OAuthException', code: 100 } } }, 'codeRefused'],
    [{ status: 200, body: { error: { code: 100 } } }, 'providerNonsense'],
    [{ status: 200, body: {} }, 'providerNonsense'],
    [{ status: 500, body: '<html>' }, 'providerUnavailable'],
    [{ reset: 'before' }, 'providerUnavailable']
  ]
  for (const [fault, reason] of rows) {
    const walk = await open()
    const callback = await walk.toCallback()
    await api.control('POST', '/faults', { provider: 'facebook', match: 'oauth/access_token', times: 1, ...fault })
    t.match((await walk.browser.get(callback)).location, `reason=${reason}`, JSON.stringify(fault))
    t.match(await walk.status(), { status: 'failed', error: reason })
  }
  for (const fault of ['200-with-error', '200-service-unavailable']) {
    const walk = await open()
    const callback = await walk.toCallback()
    await api.control('POST', '/faults', { provider: 'facebook', match: '/me', fault, times: 1 })
    t.match((await walk.browser.get(callback)).location, 'reason=accountUnknown', fault)
    t.equal(await walk.connection(), undefined)
  }
})

t.test('logs no code, token or secret', async (t) => {
  t.notMatch(api.logLines.join(''), /EAA\w{20}|code=AQ|AQ\w{40}|sandbox-secret|fb_exchange_token=/)
  t.match(api.logLines.join(''), 'facebook')
})
