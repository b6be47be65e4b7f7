import { createBrowser } from '@carillon/testing'
import type { Browser } from '@carillon/testing'
import t from 'tap'
import { at, openTestApi, textAt } from '../../open-api.ts'

const api = await openTestApi(t, { offer: ['pumpio', 'blotre'] })
const returnTo = 'https://site.example/settings'

async function openWalk (user: string, provider: 'pumpio' | 'blotre', browser: Browser = createBrowser(), account = `${user}@${api.pumpioHost}`) {
  const token = await api.makeUser(user)
  const body = { provider, returnTo, ...provider === 'pumpio' ? { account } : {} }
  const opened = await api.ask('POST', '/v1/handshakes', { token, body })
  const id = textAt(opened.body, 'id')
  const confirm = async () => browser.submit(await browser.get(textAt(opened.body, 'startUrl')))
  const toCallback = async (name = user, decision = 'allow') => {
    const { location } = await confirm()
    return (await browser.get(`${location}&auto=${decision}&account=${name}`)).location ?? ''
  }
  const status = async () => (await api.ask('GET', `/v1/handshakes/${id}`, { token })).body
  return { browser, token, id, confirm, toCallback, status }
}

t.test('redirects to the pump.io host of the user and accepts its request token in the callback', async (t) => {
  const walk = await openWalk('paula', 'pumpio')
  t.match((await walk.browser.get(`${api.url}/connect/pumpio/start?handshake=${walk.id}`)).text, `paula@${api.pumpioHost}`)
  const callback = await walk.toCallback()
  t.match(callback, /\/connect\/pumpio\/callback\?oauth_token=[\w-]+&oauth_verifier=[\w-]+$/)
  t.match((await walk.browser.get(callback)).location, 'carillon=connected&provider=pumpio')
  t.match(await walk.status(), { status: 'completed', connectionId: /^con_/, account: `paula@${api.pumpioHost}` })
  t.match((await api.ask('GET', '/v1/connections', { token: walk.token })).body, {
    data: [{ provider: 'pumpio', status: 'active', account: { name: `paula@${api.pumpioHost}` } }]
  })
  t.match((await walk.browser.get(callback)).location, 'carillon=connected', 'a reload leads to the same result')
})

t.test('keeps a pump.io handshake open until it expires when the user leaves', async (t) => {
  const walk = await openWalk('penny', 'pumpio')
  t.equal(await walk.toCallback('penny', 'deny'), '', 'there is no callback for a denial')
  t.match(await walk.status(), { status: 'pending' })
  const late = await openTestApi(t, { offer: ['pumpio'] })
  const token = await late.makeUser('late')
  const { body } = await late.ask('POST', '/v1/handshakes', { token, body: { provider: 'pumpio', account: `late@${late.pumpioHost}` } })
  const browser = createBrowser()
  const { location } = await browser.submit(await browser.get(textAt(body, 'startUrl')))
  const callback = (await browser.get(`${location}&auto=allow&account=late`)).location ?? ''
  late.advance(10 * 60_000)
  t.match((await browser.get(callback)).text, /Reason: expired/)
  t.match((await late.ask('GET', `/v1/handshakes/${textAt(body, 'id')}`, { token: await late.makeUser('late') })).body, { status: 'expired' })
})

t.test('accepts a pump.io callback only in the browser that confirmed, and only with its own token', async (t) => {
  const walk = await openWalk('robin', 'pumpio')
  const callback = await walk.toCallback()
  t.match((await createBrowser().get(callback)).text, /Reason: noCookie/)
  const thief = await openWalk('thelma', 'pumpio')
  await thief.confirm()
  t.match((await thief.browser.get(callback)).text, /Reason: foreignCookie/)
  t.match((await walk.browser.get(callback.replace(/oauth_token=[\w-]+/, 'oauth_token=guess'))).text, /Reason: unknownState/)
  t.match((await walk.browser.get(callback.replace(/&oauth_verifier=.*/, ''))).location, 'reason=missingCode')
})

t.test('explains what is wrong with a host, and never reveals its address', async (t) => {
  const cases = [['nobody@10.0.0.1', 'hostNotAllowed'], ['nobody@127.0.0.1:9', 'hostNotAllowed'], ['nobody@[::ffff:127.0.0.1]', 'hostNotAllowed'],
    ['nobody@169.254.169.254', 'hostNotAllowed'], ['nobody@localhost', 'hostUnreachable'], ['nobody@does-not-exist.invalid', 'hostUnreachable']] as const
  for (const [account, reason] of cases) {
    const walk = await openWalk('prober', 'pumpio', createBrowser(), account)
    const { location } = await walk.confirm()
    t.match(location, `reason=${reason}`, account)
    t.match(await walk.status(), { status: 'failed', error: reason })
    const { body } = await api.ask('POST', '/v1/handshakes', { token: walk.token, body: { provider: 'pumpio', kind: 'verifier', account } })
    t.match(body, { status: 422, code: 'handshakeFailed', reason })
    t.notMatch(textAt(body, 'detail'), /127|169|::1/)
  }
})

const refusals = [
  ['/api/client/register', 403, 'registrationRefused'], ['/api/client/register', 500, 'providerUnavailable'],
  ['/oauth/request_token', 400, 'registrationRefused'], ['/oauth/request_token', 200, 'providerNonsense']
] as const

for (const [match, status, reason] of refusals) {
  t.test(`gives the reason ${reason} when ${match} responds with ${status}`, async (t) => {
    const fresh = await openTestApi(t, { offer: ['pumpio'] })
    await fresh.control('POST', '/faults', { provider: 'pumpio', match, status, body: status === 200 ? 'hello' : { error: 'no' } })
    const asked = { provider: 'pumpio', kind: 'verifier', account: `a@${fresh.pumpioHost}` }
    t.match((await fresh.ask('POST', '/v1/handshakes', { token: await fresh.makeUser('a'), body: asked })).body, { code: 'handshakeFailed', reason })
  })
}

t.test("matches Blot're's callback by the browser's cookie, and uses exactly the registered path", async (t) => {
  const walk = await openWalk('bella', 'blotre')
  const { location } = await walk.confirm()
  t.equal(new URL(location ?? '').searchParams.get('redirect_uri'), `${api.url}/connect/blotre/callback`)
  const callback = await walk.toCallback()
  t.match(callback, /\/connect\/blotre\/callback\?code=[^&]+&state=$/)
  t.match((await createBrowser().get(callback)).text, /Reason: noCookie/)
  const other = await openWalk('bert', 'blotre')
  t.match((await (async () => { await other.browser.get(`${api.url}/connect`); return other.browser.get(callback) })()).text, /Reason: noCookie/)
  const asking = await walk.browser.get(callback)
  t.match(asking.location, `${api.url}/connect/blotre/account?handshake=${walk.id}`)
  t.match(await walk.status(), { status: 'pending' })
  const end = await walk.browser.submit(await walk.browser.get(asking.location ?? ''))
  t.match(end.location, 'carillon=connected&provider=blotre')
  t.match(await walk.status(), { status: 'completed' })
  t.match((await walk.browser.get(callback)).location, 'carillon=connected&provider=blotre', 'a reload leads to the same result')
})

t.test("keeps the handshake open when Blot're's callback contains neither a code nor an error", async (t) => {
  const walk = await openWalk('nora', 'blotre')
  const callback = await walk.toCallback()
  t.match((await walk.browser.get(`${api.url}/connect/blotre/callback?state=`)).text, /Reason: unknownState/)
  t.match(await walk.status(), { status: 'pending' })
  t.match((await walk.browser.get(callback)).location, `${api.url}/connect/blotre/account?handshake=${walk.id}`)
})

t.test("reports that the user denied access at Blot're", async (t) => {
  const walk = await openWalk('donna', 'blotre')
  t.match((await walk.browser.get(await walk.toCallback('donna', 'deny'))).location, 'reason=denied')
  t.match(await walk.status(), { status: 'failed', error: 'denied' })
})

t.test("revokes replaced and disconnected credentials at Blot're, and reports the result", async (t) => {
  const walk = await openWalk('olga', 'blotre')
  const connect = async ({ browser, toCallback }: typeof walk, name?: string) =>
    browser.submit(await browser.follow(await browser.get(await toCallback(name))))
  await connect(walk)
  const again = await openWalk('olga', 'blotre')
  await connect(again, 'other-olga')
  const id = textAt(await again.status(), 'connectionId')
  const { body } = await api.ask('GET', `/v1/connections/${id}`, { token: walk.token })
  t.match(body, {
    account: { name: 'other-olga' },
    revocation: { state: 'pending', attempts: 0, reason: null },
    events: [{ event: 'connection.connected' }, { event: 'connection.reconnected' }]
  })
  await api.ask('DELETE', `/v1/connections/${id}`, { token: walk.token })
  const after = (await api.ask('GET', `/v1/connections/${id}`, { token: walk.token })).body
  t.match(at(after, 'events.2'), { event: 'connection.disconnected' })
  const [{ count } = { count: 0 }] = await api.database.sql<Array<{ count: number }>>`
    select count(*)::int as count from revocations where connection_id = ${id.slice(4)}`
  t.equal(count, 2)
})
