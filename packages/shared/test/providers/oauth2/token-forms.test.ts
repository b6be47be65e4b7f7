import t from 'tap'
import type { Test } from 'tap'
import { loadConfig } from '../../../src/config/index.ts'
import { createHttp } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import type { RequestContext } from '../../../src/providers/request-context.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { createProviders } from '../../../src/providers/registry.ts'
import { openSimulator } from '../conformance/simulator.ts'
import { tokenForms } from './token-forms.ts'

for (const id of ['blotre', 'facebook'] as const) {
  t.test(`keeps tokens in every format of a refresh at ${id}`, async (t) => {
    const simulator = await openSimulator(t, id)
    const provider = providerAt(id, simulator.environment)
    const call = openCall(t, simulator.url)
    for (const { what, rewrite, expires, hasRefreshToken } of tokenForms) {
      const old = provider.parseCredentials((await simulator.account()).credentials)
      await simulator.control('faults', { provider: id, match: 'access_token', rewrite, times: 1 })
      const refreshed = await provider.refresh?.(old, call)
      t.not(refreshed?.credentials.accessToken, old.accessToken, what)
      t.equal(refreshed?.expiresAt === undefined, expires === 'none', `${what}: expiry`)
      if (id === 'blotre') t.equal(refreshed?.credentials.refreshToken === old.refreshToken, hasRefreshToken === false, `${what}: refresh token`)
      t.match(await provider.identify(refreshed?.credentials ?? old, call), { id: /\w/ }, `${what}: the new token works`)
    }
  })
}

t.test('never treats text as a token', async (t) => {
  const simulator = await openSimulator(t, 'blotre')
  const provider = providerAt('blotre', simulator.environment)
  const call = openCall(t, simulator.url)
  const rows: Array<[object, string]> = [
    [{ status: 200, body: 'OK' }, 'malformed'],
    [{ status: 200, body: '<h1>Log in</h1>' }, 'transient'],
    [{ status: 403, body: 'Forbidden' }, 'transient'],
    [{ status: 429, headers: { 'retry-after': '5' } }, 'rateLimited'],
    [{ status: 503, headers: { 'retry-after': '5' }, body: 'Later' }, 'rateLimited'],
    [{ status: 400, body: { error: 'invalid_grant' } }, 'unauthorized']
  ]
  for (const [fault, kind] of rows) {
    const old = provider.parseCredentials((await simulator.account()).credentials)
    await simulator.control('faults', { provider: 'blotre', match: 'access_token', times: 1, ...fault })
    const error: unknown = await provider.refresh?.(old, call).catch((error: unknown) => error)
    t.match(error, { failure: { kind } }, JSON.stringify(fault))
  }
})

function openCall (t: Test, url: string): RequestContext {
  const http = createHttp({ trustedOrigins: [url], allowPrivateHosts: [] })
  t.teardown(() => http.close())
  return { http, now: Date.now, registrations: createMemoryRegistrations(), signal: new AbortController().signal }
}

function providerAt (id: 'blotre' | 'facebook', environment: Record<string, string>): Provider {
  const provider = createProviders(loadConfig({ ...environment, FACEBOOK_SCOPE: '' })).get(id)
  if (provider === undefined) throw new Error(`${id} is not offered`)
  return provider
}
