import { exchangeCode, ProviderError } from '@carillon/shared/providers'
import type { Provider, RedirectHandshake } from '@carillon/shared/providers'
import t from 'tap'
import { openTestApi } from '../../open-api.ts'
import { openWalk } from '../walk.ts'

const returnTo = 'https://site.example/settings'

/** What the handshake of the provider was given. */
const inputs: Array<Parameters<RedirectHandshake['begin']>[0]> = []
const callbacks: string[] = []

/** The simulated service, with a flow that its client runs itself and with a secret that the handshake keeps. */
function withOwnFlow (provider: Provider): Provider {
  const { code } = provider.handshakes
  if (code === undefined) throw new Error('the provider has no code')
  const redirect: RedirectHandshake = {
    async begin (input) {
      inputs.push(input)
      const redirectUri = `${input.redirectUri}?state=${input.state}`
      const query = new URLSearchParams({ response_type: 'code', client_id: code.clientId, redirect_uri: redirectUri })
      return { authorizeUrl: `${code.authorizeUrl}?${query}`, pending: { redirectUri, verifier: 'sealed-verifier' } }
    },
    async complete (pending, callback, context) {
      callbacks.push(callback.href)
      if (pending['verifier'] !== 'sealed-verifier') throw new Error('the pending authorization is lost')
      if (callback.searchParams.get('iss') === 'wrong') throw new ProviderError({ kind: 'rejected', reason: 'another issuer' }, 'service.example')
      const given = { code: callback.searchParams.get('code') ?? '', redirectUri: String(pending['redirectUri']) }
      return await code.accept(await exchangeCode(code, given, context), context)
    }
  }
  return { ...provider, handshakes: { redirect } }
}

const api = await openTestApi(t, {
  change: ({ providers }) => ({ providers: new Map([...providers].map(([id, provider]) => [id, withOwnFlow(provider)])) })
})

t.test('connects an account with a flow that the provider\'s client runs', async (t) => {
  const walk = await openWalk(api, await api.makeUser('rosa'), { returnTo, account: 'rosa' })
  const callback = await walk.toCallback()
  t.match(await api.database.sql`select pending from handshakes where state_hash is not null and status = 'pending'`, [{ pending: /./ }])
  t.match((await walk.browser.get(callback)).location, `${returnTo}?carillon=connected&provider=pushbullet`)
  t.match(inputs.at(-1), { account: null, redirectUri: `${api.url}/connect/pushbullet/callback`, state: /^[\w-]{43}$/, needsConsentPrompt: false })
  t.equal(callbacks.at(-1), callback, 'the client receives the whole callback')
  t.match((await walk.browser.get(callback)).location, 'carillon=connected', 'a reload leads to the same result')
  t.equal(callbacks.length, 1, 'and the code is exchanged once')
})

t.test('stores the verifier sealed', async (t) => {
  const walk = await openWalk(api, await api.makeUser('sealed'), { returnTo })
  await walk.confirm()
  const rows = await api.database.sql`select pending from handshakes where pending is not null`
  t.ok(rows.length > 0)
  t.notMatch(JSON.stringify(rows), 'sealed-verifier')
})

t.test('accepts only the callback of the latest confirmation, and only in its browser', async (t) => {
  const walk = await openWalk(api, await api.makeUser('twice'), { returnTo })
  const first = await walk.toCallback()
  const second = await walk.toCallback()
  t.match((await walk.browser.get(first)).text, /Reason: unknownState/)
  const other = await openWalk(api, await api.makeUser('other'), { returnTo })
  t.match((await other.browser.get(second)).text, /Reason: noCookie/)
  t.match((await walk.browser.get(second)).location, 'carillon=connected')
})

t.test('reports a denial, and a callback that the client refuses', async (t) => {
  const denied = await openWalk(api, await api.makeUser('denier'), { returnTo })
  t.match((await denied.finish('deny')).location, 'reason=denied')
  const spoiled = await openWalk(api, await api.makeUser('spoiled'), { returnTo })
  t.match((await spoiled.browser.get(`${await spoiled.toCallback()}&iss=wrong`)).location, 'reason=codeRefused')
})
