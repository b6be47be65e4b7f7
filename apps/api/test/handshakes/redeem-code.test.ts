import { createBrowser, until } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { at, openTestApi, textAt } from '../open-api.ts'
import type { TestApi } from '../open-api.ts'

const api = await openTestApi(t, { offer: ['blotre'] })

/** A server whose clock only advances on request, so that a slow machine does not affect intervals. */
async function openStill (t: Test): Promise<TestApi> {
  let now = Date.now()
  const still = await openTestApi(t, { offer: ['blotre'], change: () => ({ now: () => now }) })
  return { ...still, advance: (milliseconds) => { now += milliseconds } }
}

async function openCode (on: TestApi, user: string, more: object = {}) {
  const token = await on.makeUser(user)
  const { status, body } = await on.ask('POST', '/v1/handshakes', { token, body: { provider: 'blotre', kind: 'code', ...more } })
  const id = textAt(body, 'id')
  const enter = async (decision = 'allow') =>
    createBrowser().get(`${textAt(body, 'redeemUrl')}?auto=${decision}&code=${textAt(body, 'code')}&account=${user}`)
  const redeem = () => on.ask('POST', `/v1/handshakes/${id}/redeem`, { token })
  return { token, status, body, id, enter, redeem, startUrl: textAt(body, 'startUrl') }
}

async function asked (on: TestApi): Promise<number> {
  const stats = JSON.stringify(await on.control('GET', '/stats'))
  return Number(/access_token"[^\d]*(\d+)/.exec(stats)?.[1] ?? 0)
}

t.test('shows a code, where to enter it and when it expires', async (t) => {
  const before = Date.now()
  const { status, body, id, token } = await openCode(api, 'cora')
  t.equal(status, 201)
  t.match(body, { kind: 'code', status: 'pending', code: /^\w{8}$/, redeemUrl: `${api.sandboxUrl}/blotre/v0/oauth2/redeem`, intervalMs: 5_000 })
  const openedAt = Date.parse(textAt(body, 'expiresAt')) - 20 * 60_000
  t.ok(before <= openedAt && openedAt <= Date.now(), 'for the lifetime that the provider states')
  t.same((await api.ask('GET', `/v1/handshakes/${id}`, { token })).body, body)
  t.match((await api.ask('GET', '/v1/connectors', { token })).body, { data: [{ kinds: ['redirect', 'code'], needsAccount: false }] })
})

t.test('connects after the user has entered the code', async (t) => {
  const fresh = await openStill(t)
  const { enter, redeem, token } = await openCode(fresh, 'carl')
  t.match((await redeem()).body, { status: 'pending' })
  t.equal((await enter('deny')).status, 200)
  await enter()
  t.match((await redeem()).body, { status: 'pending' }, 'the last poll was too recent')
  fresh.advance(5_000)
  const { body } = await redeem()
  t.match(body, { status: 'completed', connectionId: /^con_/ })
  t.notOk(at(body, 'code'))
  t.match((await fresh.ask('GET', '/v1/connections', { token })).body, { data: [{ provider: 'blotre', account: { name: 'carl' } }] })
  t.match((await redeem()).body, { status: 'completed' })
})

t.test('polls the provider at its interval, however often the API is polled', async (t) => {
  const fresh = await openStill(t)
  const { redeem } = await openCode(fresh, 'paul')
  await Promise.all(Array.from({ length: 30 }, redeem))
  t.equal(await asked(fresh), 1, JSON.stringify(await fresh.control('GET', '/stats')))
  fresh.advance(5_000)
  await Promise.all(Array.from({ length: 30 }, redeem))
  t.equal(await asked(fresh), 2)
})

t.test('reports that the code has expired', async (t) => {
  const fresh = await openStill(t)
  const { redeem, startUrl } = await openCode(fresh, 'cleo')
  const browser = createBrowser()
  const page = await browser.get(startUrl)
  fresh.advance(20 * 60_000)
  t.match((await redeem()).body, { status: 'expired', error: null })
  t.match((await browser.submit(page)).text, /Reason: codeExpired/)
  t.match((await browser.get(startUrl)).text, /Reason: codeExpired/)
})

t.test('continues polling when the provider is temporarily unavailable', async (t) => {
  const fresh = await openStill(t)
  const { redeem, enter } = await openCode(fresh, 'cindy')
  await enter()
  await fresh.control('POST', '/faults', { provider: 'blotre', match: '/oauth2/access_token', status: 503, times: 1 })
  t.match((await redeem()).body, { status: 'pending', error: null })
  fresh.advance(5_000)
  t.match((await redeem()).body, { status: 'completed' })
})

t.test('has a page that shows the code, with and without scripts', async (t) => {
  const { body, enter, startUrl, id, token } = await openCode(api, 'petra', { returnTo: 'https://site.example/' })
  const browser = createBrowser()
  const page = await browser.get(startUrl)
  t.match(page.text, `<code>${textAt(body, 'code')}</code>`)
  t.match(page.text, textAt(body, 'redeemUrl'))
  t.match(page.headers['content-security-policy'], /default-src 'none';script-src 'self'/)
  t.match((await browser.get(`${api.url}/connect/assets/code.js`)).headers['content-type'], /javascript/)
  await enter()
  const redeemUrl = `${api.url}/connect/blotre/redeem`
  const poll = async () => JSON.parse((await browser.post(redeemUrl, { handshake: id }, { accept: 'application/json' })).text)
  const done = await until(async () => {
    const answer = await poll()
    return answer.status === 'completed' && answer
  }, { everyMs: 500 })
  t.match(done.location, `https://site.example/?carillon=connected&provider=blotre&handshake=${id}&connection=con_`)
  t.match((await browser.submit(page)).location, 'carillon=connected', 'and the button leads to the same result')
  t.match((await api.ask('GET', `/v1/handshakes/${id}`, { token })).body, { status: 'completed' })
  t.match((await browser.post(redeemUrl, { handshake: id }, { origin: 'https://evil.example' })).text, /Reason: notSameOrigin/)
})
