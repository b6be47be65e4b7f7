import { createBrowser } from '@carillon/testing'
import t from 'tap'
import { openTestApi } from '../open-api.ts'
import { openWalkOf } from './open-walks.ts'

const api = await openTestApi(t, { offer: ['pushbullet', 'pumpio', 'blotre'] })
const returnTo = 'https://site.example/settings'
const account = `paul@${api.pumpioHost}`

// In each case the browser, its cookie and the callback's token are valid. Only the provider or the kind is wrong.

t.test('refuses a callback at the URL of another provider', async (t) => {
  const pushbullet = await openWalkOf(api, 'paul', { provider: 'pushbullet', returnTo })
  const pumpio = await openWalkOf(api, 'paul', { provider: 'pumpio', account, returnTo, browser: pushbullet.browser })
  const { browser } = pushbullet
  const callbacks = { pushbullet: await pushbullet.toCallback(), pumpio: await pumpio.toCallback() }
  const [state, token] = [new URL(callbacks.pushbullet).searchParams.get('state'), new URL(callbacks.pumpio).searchParams.get('oauth_token')]
  t.ok(state && token)
  for (const path of [
    `pushbullet/callback?code=x&state=${token}`, `pumpio/callback?oauth_token=${state}&oauth_verifier=x`, 'blotre/callback?code=x'
  ]) {
    t.match((await browser.get(`${api.url}/connect/${path}`)).text, /Reason: unknownState/, path)
  }
  t.match([await pushbullet.look(), await pumpio.look()], [{ status: 'pending' }, { status: 'pending' }])
  for (const callback of Object.values(callbacks)) t.match((await browser.get(callback)).location, 'carillon=connected')
})

t.test('shows no page of another provider, or of another kind, for a handshake', async (t) => {
  const browser = createBrowser()
  const redirect = await openWalkOf(api, 'rita', { provider: 'pushbullet', browser })
  const verifier = await openWalkOf(api, 'rita', { provider: 'pumpio', kind: 'verifier', account, browser })
  const code = await openWalkOf(api, 'rita', { provider: 'blotre', kind: 'code', browser })
  const own = await openWalkOf(api, 'rita', { provider: 'pumpio', account, browser })
  const bound = { authorization: `Bearer ${redirect.token}` }
  const rows: Array<[method: 'get' | 'post', path: string, id: string]> = [
    ['get', 'pumpio/start', redirect.id],
    ['get', 'blotre/start', redirect.id],
    ['get', 'pushbullet/account', own.id],
    ['post', 'pumpio/start', redirect.id],
    ['post', 'pushbullet/account', own.id],
    ['post', 'pushbullet/bind', own.id],
    ['post', 'pumpio/start', verifier.id],
    ['post', 'pumpio/verifier', own.id],
    ['post', 'blotre/redeem', verifier.id],
    ['post', 'blotre/start', code.id],
    ['post', 'pushbullet/again', own.id]
  ]
  for (const [method, path, id] of rows) {
    const address = `${api.url}/connect/${path}`
    const page = method === 'get' ? await browser.get(`${address}?handshake=${id}`) : await browser.post(address, { handshake: id, verifier: 'x' }, bound)
    t.match([page.status, page.text], [404, /Reason: unknownHandshake/], `${method} ${path}`)
  }
  for (const walk of [redirect, verifier, code, own]) {
    t.match(await walk.look(), { status: 'pending' })
    t.equal((await browser.get(walk.startUrl)).status, 200)
  }
})

t.test('reconnects only an account that this browser has connected at this provider', async (t) => {
  const walk = await openWalkOf(api, 'anna', { provider: 'pushbullet' })
  const again = (id: string, browser = walk.browser) => browser.post(`${api.url}/connect/pushbullet/again`, { handshake: id })
  t.match((await again(walk.id)).text, /Reason: unknownHandshake/, 'it requires a completed handshake')
  await walk.browser.get(await walk.toCallback())
  t.match((await again(walk.id, createBrowser())).text, /Reason: foreignCookie/)
  const next = await again(walk.id)
  t.match(next.location, /\/connect\/pushbullet\/start\?handshake=hsk_/)
  t.match((await createBrowser().get(next.location ?? '')).text, /Reason: foreignCookie/, 'it is bound to this browser immediately')
  t.equal((await walk.browser.get(next.location ?? '')).status, 200)

  await api.ask('POST', '/v1/users/anna/revoke-tokens', { token: await api.makeKey('users:write') })
  t.match((await again(walk.id)).text, /Reason: tokensRevoked/, 'a revoked token opens no handshake through a completed one')
})
