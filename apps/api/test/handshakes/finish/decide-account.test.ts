import { createBrowser } from '@carillon/testing'
import type { Page } from '@carillon/testing'
import t from 'tap'
import { at, openTestApi, textAt } from '../../open-api.ts'
import { openWalkOf, wordsOf } from '../open-walks.ts'

const api = await openTestApi(t, { offer: ['pushbullet', 'pumpio', 'blotre'] })
const returnTo = 'https://site.example/settings'
const blotre = { provider: 'blotre', returnTo }

const connectionsOf = async (token: string): Promise<unknown[]> =>
  Object.values(at((await api.ask('GET', '/v1/connections', { token })).body, 'data') ?? {})

/** A code that Blot're issued to this account, outside of any handshake. */
async function codeOf (account: string): Promise<string> {
  const redirect = encodeURIComponent(`${api.url}/connect/blotre/callback`)
  const page = `${api.sandboxUrl}/blotre/v0/oauth2/authorize?client_id=carillon&response_type=code&redirect_uri=${redirect}&auto=allow&account=${account}`
  return new URL((await createBrowser().get(page)).location ?? '').searchParams.get('code') ?? ''
}

const decline = (page: Page, browser = createBrowser()) => browser.submit(page, { decision: 'decline' })

t.test('ends the earlier handshake of a browser where callbacks do not identify a handshake', async (t) => {
  const browser = createBrowser()
  const [first, second] = [await openWalkOf(api, 'ada', { ...blotre, browser }), await openWalkOf(api, 'bob', { ...blotre, browser })]
  const late = await first.toCallback()
  await second.confirm()
  t.match(await first.look(), { status: 'failed', error: 'superseded', connectionId: null })
  t.match(await second.look(), { status: 'pending' })
  t.match((await browser.get(first.startUrl)).location, 'reason=superseded')
  t.match((await createBrowser().get(first.startUrl)).text, /Reason: superseded/)

  const asked = await browser.follow(await browser.get(late))
  t.match(wordsOf(asked), "Connect the Blot're account ada to your account at Bell & Sons?")
  t.match(wordsOf(asked), 'Account at Bell & Sons: id bob.')
  t.match(await second.look(), { status: 'pending' }, 'an ambiguous callback connects nothing')
  t.match((await decline(asked, browser)).location, 'reason=accountDeclined')
  t.same([await connectionsOf(first.token), await connectionsOf(second.token)], [[], []])
})

t.test('reports on the page, in the API and to the site why a handshake was superseded', async (t) => {
  const browser = createBrowser()
  const first = await openWalkOf(api, 'sid', { ...blotre, browser })
  await first.toCallback()
  const second = await openWalkOf(api, 'sid', { ...blotre, browser })
  const callback = await second.toCallback()
  await browser.submit(await browser.follow(await browser.get(callback)))
  t.match(await second.look(), { status: 'completed' })
  const page = await browser.get(`${api.url}/connect/blotre/account?handshake=${first.id}`)
  t.match(page.location, `${returnTo}?carillon=failed&provider=blotre&reason=superseded`)
  t.match((await browser.get(`${api.url}/connect?carillon=failed&provider=blotre&reason=superseded`)).text, /You started another connection in this browser/)
  t.match(await first.look(), { status: 'failed', error: 'superseded' })
})

t.test('refuses a callback when two handshakes are open in one browser', async (t) => {
  const browser = createBrowser()
  const [first, second] = [await openWalkOf(api, 'amy', { ...blotre, browser }), await openWalkOf(api, 'ben', { ...blotre, browser })]
  const pages = [await browser.get(first.startUrl), await browser.get(second.startUrl)]
  // Both forms are submitted before the browser has stored a cookie.
  const [one = pages[0], two = pages[1]] = await Promise.all(pages.map((page) => browser.submit(page)))
  t.same([one?.status, two?.status], [303, 303])
  const callback = (await browser.get(`${one?.location}&auto=allow&account=amy`)).location ?? ''
  t.match((await browser.get(callback)).text, /Reason: ambiguousAnswer/)
  t.match([await first.look(), await second.look()], [{ status: 'pending' }, { status: 'pending' }])
  t.match((await browser.follow(await browser.get(await first.toCallback('amy')))).url, `account?handshake=${first.id}`, 'the handshake that is confirmed again continues')
  t.match(await second.look(), { error: 'superseded' })
})

for (const headers of [{}, { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }]) {
  t.test(`does not connect an account whose code another person sent${'sec-fetch-site' in headers ? ', in a navigation from another site' : ''}`, async (t) => {
    const user = `victim-${Object.keys(headers).length}`
    const walk = await openWalkOf(api, user, blotre)
    const genuine = await walk.toCallback()
    const foreign = `${api.url}/connect/blotre/callback?code=${await codeOf('mallory')}`
    const asked = await walk.browser.follow(await walk.browser.get(foreign, headers))
    t.match(wordsOf(asked), "Connect the Blot're account mallory to your account")
    t.match(await walk.look(), { status: 'pending', connectionId: null })
    t.match((await walk.browser.get(genuine, headers)).location, '/account?', "the user's own callback comes too late, and leads to the same question")
    const form = { handshake: walk.id, decision: 'connect' }
    const account = `${api.url}/connect/blotre/account`
    for (const from of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }]) {
      t.match((await walk.browser.post(account, form, from)).text, /Reason: notSameOrigin/)
    }
    t.match((await createBrowser().post(account, form)).text, /Reason: foreignCookie/)
    t.match((await createBrowser().get(`${account}?handshake=${walk.id}`)).text, /Reason: foreignCookie/)
    t.match(await walk.look(), { status: 'pending', connectionId: null })
    t.match((await decline(asked, walk.browser)).location, 'carillon=failed&provider=blotre&reason=accountDeclined')
    t.match(await walk.look(), { status: 'failed', error: 'accountDeclined' })
    t.same(await connectionsOf(walk.token), [])
    t.match(await api.database.sql`select state from revocations where connection_id is null and provider = 'blotre' order by id desc limit 1`, [{ state: 'pending' }])
  })
}

t.test("stores Blot're's tokens sealed until the user confirms, and uses them once", async (t) => {
  const walk = await openWalkOf(api, 'carla', blotre)
  const asked = await walk.toAccountPage()
  t.match(asked.headers, { 'referrer-policy': 'same-origin', 'cache-control': 'no-store' })
  const [row] = await api.database.sql<Array<{ pending: string }>>`select pending from handshakes where id = ${walk.id.slice(4)}`
  t.match(row?.pending, /^v1\.test\./)
  t.match(await walk.look(), { status: 'pending', accountToConfirm: { name: 'carla' }, code: undefined, authorizeUrl: undefined })
  t.match((await walk.browser.get(walk.startUrl)).location, '/account?', 'the link leads to the question')
  t.match((await walk.browser.post(walk.startUrl.split('?')[0] ?? '', { handshake: walk.id })).location, '/account?', 'its form leads to the question too')
  t.equal((await api.ask('POST', `/v1/handshakes/${walk.id}/confirm`, { token: walk.token, body: { accept: true } })).status, 404, 'only the browser may confirm')
  const ends = await Promise.all([walk.browser.submit(asked), walk.browser.submit(asked), walk.browser.submit(asked)])
  for (const { location } of ends) t.match(location, 'carillon=connected&provider=blotre')
  t.match((await decline(asked, walk.browser)).location, 'carillon=connected', 'the user has already decided')
  t.match(await connectionsOf(walk.token), [{ account: { name: 'carla' }, status: 'active' }])
})

t.test('ends the handshake when the user does not decide in time', async (t) => {
  const late = await openTestApi(t, { offer: ['blotre'] })
  const walk = await openWalkOf(late, 'late', blotre)
  const asked = await walk.toAccountPage()
  late.advance(11 * 60_000)
  t.match((await walk.browser.get(asked.url)).location, 'reason=expired')
  t.match((await walk.browser.submit(asked)).location, 'reason=expired')
  t.same((await late.ask('GET', '/v1/connections', { token: await late.makeUser('late') })).body, { data: [], nextCursor: null })
})

t.test('identifies the account at the site by an id that the user cannot choose', async (t) => {
  const pages = await Promise.all(['user-1', 'user-2'].map(async (user) => {
    const walk = await openWalkOf(api, user, { provider: 'pushbullet', displayName: 'Alex' })
    return wordsOf(await walk.browser.get(walk.startUrl))
  }))
  t.match(pages, [/Connect Pushbullet to Alex at .*Account at Bell & Sons: Alex · id user-1\. /, /Connect Pushbullet to Alex at .*Alex · id user-2\. /])
  const unnamed = await openWalkOf(api, 'user-3', { provider: 'pushbullet' })
  t.match(wordsOf(await unnamed.browser.get(unnamed.startUrl)), /Connect Pushbullet to your account at .*Account at Bell & Sons: id user-3\. If/)
})

t.test('belongs to the first browser that confirms, whichever browser has the link', async (t) => {
  const walk = await openWalkOf(api, 'vic', { provider: 'pushbullet', returnTo })
  const thief = createBrowser()
  const seen = await thief.get(walk.startUrl)
  const callback = await walk.toCallback()
  for (const page of [await thief.submit(seen), await thief.get(walk.startUrl)]) {
    t.match([page.status, page.text], [403, /Reason: foreignCookie/])
    t.notOk(page.headers['set-cookie'])
  }
  t.match((await walk.browser.get(callback)).location, 'carillon=connected', 'the first one finishes')

  const again = await openWalkOf(api, 'vic', { provider: 'pushbullet', returnTo })
  await again.confirm()
  t.match((await again.browser.get(await again.toCallback())).location, 'carillon=connected', 'and may confirm again')
})

t.test('accepts a form that one browser submits twice', async (t) => {
  const walk = await openWalkOf(api, 'click', { provider: 'pushbullet', returnTo })
  const page = await walk.browser.get(walk.startUrl)
  // The second form is submitted before the first response sets its cookie.
  const first = await createBrowser().submit(page)
  const second = await walk.browser.submit(page)
  t.same([first.status, second.status], [303, 303])
  const { location = '' } = await walk.browser.get(`${second.location}&auto=allow&account=click`)
  t.match((await walk.browser.get(location)).location, 'carillon=connected')
})

t.test('is bound to the browser of our own page before its link is known', async (t) => {
  const verifier = { provider: 'pumpio', kind: 'verifier', account: `own@${api.pumpioHost}` }
  for (const wanted of [{ provider: 'pushbullet' }, verifier, { provider: 'blotre', kind: 'code' }]) {
    const walk = await openWalkOf(api, 'owner', wanted)
    const bind = `${api.url}/connect/${wanted.provider}/bind`
    const own = { authorization: `bearer  ${walk.token} ` }
    const refused: Array<[headers: Record<string, string>, reason: RegExp]> = [
      [{}, /Reason: unknownHandshake/],
      [{ authorization: `Bearer ${await api.makeUser('thief')}` }, /Reason: unknownHandshake/],
      [{ authorization: `Bearer ${await api.makeKey()}` }, /Reason: unknownHandshake/],
      [{ ...own, origin: 'https://evil.example' }, /Reason: notSameOrigin/]
    ]
    for (const [headers, reason] of refused) {
      t.match((await createBrowser().post(bind, { handshake: walk.id }, headers)).text, reason)
    }
    t.equal((await walk.browser.post(bind, { handshake: walk.id }, own)).status, 204)
    t.match((await createBrowser().post(bind, { handshake: walk.id }, own)).text, /Reason: foreignCookie/, 'only one browser can bind it')
    const thief = createBrowser()
    const link = await thief.get(walk.startUrl)
    t.match([link.status, link.text], [403, /Reason: foreignCookie/], wanted.provider)
    t.notMatch(link.text, '<form')
    for (const path of ['start', 'verifier', 'redeem']) {
      const answer = await thief.post(`${api.url}/connect/${wanted.provider}/${path}`, { handshake: walk.id, verifier: 'x' })
      t.match(answer.text, /Reason: (foreignCookie|unknownHandshake)/, `${wanted.provider} ${path}`)
    }
    t.equal((await walk.browser.get(walk.startUrl)).status, 200, 'its own browser continues')
  }
})

t.test('belongs to the browser that first submits a verifier, or first polls for the code', async (t) => {
  const verifier = await openWalkOf(api, 'vera', { provider: 'pumpio', kind: 'verifier', account: `vera@${api.pumpioHost}` })
  const code = await openWalkOf(api, 'cora', { provider: 'blotre', kind: 'code' })
  for (const [walk, path] of [[verifier, 'pumpio/verifier'], [code, 'blotre/redeem']] as const) {
    const form = { handshake: walk.id, verifier: '' }
    await walk.browser.post(`${api.url}/connect/${path}`, form)
    const thief = createBrowser()
    t.match((await thief.post(`${api.url}/connect/${path}`, form)).text, /Reason: foreignCookie/)
    t.match((await thief.get(walk.startUrl)).text, /Reason: foreignCookie/)
    t.equal((await walk.browser.get(walk.startUrl)).status, 200)
  }
})

t.test('asks before it connects an account of the host other than the requested one', async (t) => {
  const wanted = { provider: 'pumpio', account: `named@${api.pumpioHost}`, returnTo }
  const walk = await openWalkOf(api, 'mover', wanted)
  const asked = await walk.toAccountPage('other')
  t.match(wordsOf(asked), `Connect the pump.io account other@${api.pumpioHost} to your account`)
  t.match(wordsOf(asked), `You named named@${api.pumpioHost}, but pump.io gave access to other@${api.pumpioHost}. Connect it only if it is yours.`)
  t.match(await walk.look(), { status: 'pending', accountToConfirm: { name: `other@${api.pumpioHost}` } })
  t.same(await connectionsOf(walk.token), [])
  t.match((await walk.browser.submit(asked)).location, 'carillon=connected')
  t.match(await connectionsOf(walk.token), [{ account: { name: `other@${api.pumpioHost}` } }])

  const refused = await openWalkOf(api, 'stayer', wanted)
  t.match((await decline(await refused.toAccountPage('other'), refused.browser)).location, 'reason=accountDeclined')
  t.same(await connectionsOf(refused.token), [])
  t.same(await api.database.sql`select from revocations where provider = 'pumpio'`, [], 'pump.io does not support revocation')

  const same = await openWalkOf(api, 'same', { ...wanted, account: `acct:Same@${api.pumpioHost.toUpperCase()}` })
  t.match((await same.browser.get(await same.toCallback('same'))).location, 'carillon=connected', 'in any spelling of the account')
})

t.test('asks the same when the user submits a verifier, on the page and through the API', async (t) => {
  const wanted = { provider: 'pumpio', kind: 'verifier', account: `named@${api.pumpioHost}` }
  const read = async (walk: Awaited<ReturnType<typeof openWalkOf>>) => {
    const page = await createBrowser().get(`${textAt(await walk.look(), 'authorizeUrl')}&auto=allow&account=other`)
    return /id="verifier"[^>]*>([^<]+)</.exec(page.text)?.[1]?.trim() ?? ''
  }
  const byPage = await openWalkOf(api, 'page', wanted)
  const page = await byPage.browser.get(byPage.startUrl)
  const asked = await byPage.browser.follow(await byPage.browser.submit(page, { verifier: await read(byPage) }))
  t.match(wordsOf(asked), `You named named@${api.pumpioHost}, but pump.io gave access to other@${api.pumpioHost}.`)
  t.match((await byPage.browser.submit(page, { verifier: 'again' })).location, '/account?')
  t.match((await byPage.browser.submit(asked)).text, /pump\.io is connected/)

  for (const accept of [true, false]) {
    const walk = await openWalkOf(api, `api-${accept}`, wanted)
    const call = (path: string, body: object) => api.ask('POST', `/v1/handshakes/${walk.id}/${path}`, { token: walk.token, body })
    t.match(await call('confirm', { accept }), { status: 409, body: { code: 'handshakeOver', reason: 'nothingToConfirm' } })
    const verifier = await read(walk)
    const held = { status: 200, body: { status: 'pending', connectionId: null, accountToConfirm: { name: `other@${api.pumpioHost}` } } }
    t.match(await call('verifier', { verifier }), held)
    t.match(await call('verifier', { verifier }), held)
    t.match((await api.ask('POST', `/v1/handshakes/${walk.id}/confirm`, { token: await api.makeUser('thief'), body: { accept } })).status, 404)
    t.match(await call('confirm', { accept }), { status: 200, body: accept ? { status: 'completed' } : { status: 'failed', error: 'accountDeclined' } })
    t.equal((await connectionsOf(walk.token)).length, accept ? 1 : 0)
    t.match(await call('confirm', { accept: true }), { status: 409, body: { reason: accept ? 'alreadyUsed' : 'accountDeclined' } })
  }
})
