import { createBrowser } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { openTestApi, textAt } from './open-api.ts'
import type { Answer } from './open-api.ts'
import { openTeamPulls } from './v1/pulls/open-team-pulls.ts'

const generous = { perUser: 1_000_000, perHost: 1_000_000, perProvider: 1_000_000 }
const limits = { ...generous }
const api = await openTestApi(t, { offer: ['pushbullet', 'pumpio', 'blotre'], change: () => ({ outgoingLimits: limits }) })
const key = await api.makeKey()
let users = 0

/** A request that a caller repeats. The first one is allowed, whatever its result. */
type Attempt = (user: string) => Promise<() => Promise<Pick<Answer, 'status' | 'headers'>>>

const account = (user: string) => `${user}@${api.pumpioHost}`
const begin = async (user: string, body: object) => {
  const token = await api.makeUser(user)
  return { token, ask: () => api.ask('POST', '/v1/handshakes', { token, body }) }
}

/** A connection of the user at the simulator. */
async function connected (user: string, provider: string): Promise<string> {
  const { body: granted } = { body: await api.control('POST', '/accounts', { provider, count: 1 }) }
  const credentials = Object(granted).data[0]
  const { body } = await api.ask('POST', '/v1/connections/import', { token: key, body: { connections: [{ userId: user, provider, credentials }] } })
  return textAt(body, 'data.0.connectionId')
}

const routes: Record<string, Attempt> = {
  'POST /v1/handshakes, by redirect': async (user) => (await begin(user, { provider: 'pushbullet' })).ask,
  'POST /v1/handshakes, by a verifier': async (user) => (await begin(user, { provider: 'pumpio', kind: 'verifier', account: account(user) })).ask,
  'POST /v1/handshakes, by a code': async (user) => (await begin(user, { provider: 'blotre', kind: 'code' })).ask,
  'the confirmation of one handshake': async (user) => {
    const { ask } = await begin(user, { provider: 'pumpio', kind: 'redirect', account: account(user) })
    const startUrl = textAt((await ask()).body, 'startUrl')
    const browser = createBrowser()
    const start = await browser.get(startUrl)
    return async () => {
      const { status, text, headers } = await browser.submit(start)
      if (status === 429) t.match(text, /try again in \d+ seconds?/)
      return { status, headers }
    }
  },
  'POST …/verifier': async (user) => {
    const { token, ask } = await begin(user, { provider: 'pumpio', kind: 'verifier', account: account(user) })
    const id = textAt((await ask()).body, 'id')
    return () => api.ask('POST', `/v1/handshakes/${id}/verifier`, { token, body: { verifier: 'wrong' } })
  },
  'POST …/test': async (user) => {
    const id = await connected(user, 'pushbullet')
    return () => api.ask('POST', `/v1/connections/${id}/test`, { token: key })
  },
  'the proxy': async (user) => {
    const id = await connected(user, 'pushbullet')
    return () => api.ask('GET', `/v1/connections/${id}/proxy/v2/users/me`, { token: key })
  }
}

for (const [what, prepare] of Object.entries(routes)) {
  t.test(`${what} counts for the user`, async (t) => {
    const again = await prepare(`user-${++users}`)
    only(t, { perUser: 1 })
    t.not((await again()).status, 429)
    const before = await api.control('GET', '/stats')
    const refused = await again()
    t.match(refused, { status: 429, headers: { 'retry-after': /^\d+$/ } })
    t.same(await api.control('GET', '/stats'), before, 'it sends no request to the provider')
  })
}

t.test('all routes share the budgets of a user, a host and a provider', async (t) => {
  const attempts = await Promise.all(['POST …/test', 'the proxy', 'POST /v1/handshakes, by redirect'].map(async (what) => {
    return await routes[what]?.('one-user') ?? (async () => ({ status: 0, headers: {} }))
  }))
  only(t, { perUser: 1 })
  await attempts[0]?.()
  for (const again of attempts) t.match(await again(), { status: 429 })

  Object.assign(limits, generous)
  const [one, other, elsewhere] = await Promise.all([
    routes['POST …/verifier']?.('host-one'), routes['POST /v1/handshakes, by a verifier']?.('host-two'), routes['the proxy']?.('host-three')
  ])
  only(t, { perHost: 1 })
  t.match([(await one?.())?.status, (await other?.())?.status], [422, 429], 'the same host')
  t.match(await elsewhere?.(), { status: 200 }, 'another provider')

  Object.assign(limits, generous)
  const [first, second] = await Promise.all([routes['the proxy']?.('app-one'), routes['POST …/test']?.('app-two')])
  only(t, { perProvider: 1 })
  t.match([(await first?.())?.status, (await second?.())?.status], [200, 429], 'the same provider')
})

t.test('sends no poll for a code beyond the budget, and continues waiting', async (t) => {
  const { token, ask } = await begin('cody', { provider: 'blotre', kind: 'code' })
  const id = textAt((await ask()).body, 'id')
  only(t, { perUser: 1 })
  const redeem = () => api.ask('POST', `/v1/handshakes/${id}/redeem`, { token })
  t.match(await redeem(), { status: 200, body: { status: 'pending' } })
  api.advance(10_000)
  const before = await api.control('GET', '/stats')
  t.match(await redeem(), { status: 200, body: { status: 'pending' } })
  t.same(await api.control('GET', '/stats'), before)
})

t.test('a requested pull counts for the team', async (t) => {
  const ownLimits = { ...generous }
  const { api, put, pulled, tokenOf } = await openTeamPulls(t, { outgoingLimits: ownLimits })
  await put('Often', 'olive')
  await pulled('often', {})
  const token = await tokenOf('olive', 'often')
  ownLimits.perUser = 1
  const refresh = () => api.ask('POST', '/v1/teams/often/pulls/facebook/insights/refresh', { token })
  t.match(await refresh(), { status: 202 })
  t.match(await refresh(), { status: 429, headers: { 'retry-after': /^\d+$/ } })
})

/** Users without limits may start as many handshakes as they click. */
t.test('lets a user start thirty handshakes at once', async (t) => {
  Object.assign(limits, { perUser: 120, perHost: 600, perProvider: 6_000 })
  t.teardown(() => Object.assign(limits, generous))
  const { ask } = await begin('hana', { provider: 'pushbullet' })
  const statuses = await Promise.all(Array.from({ length: 30 }, async () => (await ask()).status))
  t.same(statuses, Array(30).fill(201))
})

function only (t: Test, tight: Partial<typeof limits>): void {
  Object.assign(limits, generous, tight)
  t.teardown(() => Object.assign(limits, generous))
}
