import { generateKeyPairSync } from 'node:crypto'
import { createHttp } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import { createBrowser } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { defineService } from '../../../../src/providers/index.ts'
import type { Provider, RequestContext } from '../../../../src/providers/index.ts'
import { fails } from '../fails.ts'
import { openOidcProvider } from './open-oidc-provider.ts'

const redirectUri = 'http://127.0.0.1:1/callback'
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'key-1', use: 'sig', alg: 'ES256' }
const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
const common = { redirect_uris: [redirectUri], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], application_type: 'native' }
const secret = 'a/secret+with %characters'

const issuer = await openOidcProvider(t, [
  { ...common, client_id: 'basic', client_secret: secret },
  { ...common, client_id: 'post', client_secret: secret, token_endpoint_auth_method: 'client_secret_post' },
  { ...common, client_id: 'public', token_endpoint_auth_method: 'none' },
  { ...common, client_id: 'jwt', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } }
])

function openClient (t: Test, client: object): { provider: Provider, context: RequestContext } {
  const { definition, errors } = defineService({
    id: 'oidc',
    name: 'OIDC',
    issuer,
    scope: 'openid profile offline_access',
    requireIss: true,
    revoke: { token: 'refresh' },
    authorizeParameters: { prompt: 'consent' },
    identity: { from: 'userinfo' },
    ...client
  }, 'test')
  t.same(errors, [])
  const provider = definition.create({}, { name: 'Site' })
  if (provider === undefined) throw new Error('the service is not configured')
  const http = createHttp({ trustedOrigins: provider.origins, allowPrivateHosts: [] })
  t.teardown(() => http.close())
  const { signal } = new AbortController()
  return { provider, context: { http, signal, now: Date.now, registrations: createMemoryRegistrations() } }
}

for (const client of [
  { clientId: 'basic', clientSecret: secret },
  { clientId: 'post', clientSecret: secret, tokenAuthMethod: 'client_secret_post' },
  { clientId: 'public', tokenAuthMethod: 'none' },
  { clientId: 'jwt', tokenAuthMethod: 'private_key_jwt', privateKey: pem, privateKeyId: 'key-1' }
]) {
  t.test(`connects, refreshes and revokes at a server that we did not write, as the client "${client.clientId}"`, async (t) => {
    const { provider, context } = openClient(t, client)
    const { redirect } = provider.handshakes
    const { authorizeUrl = '', pending = {} } = await redirect?.begin({ account: null, redirectUri, state: 'the-state', needsConsentPrompt: false }, context) ?? {}
    const callback = await walk(authorizeUrl)
    t.equal(callback.searchParams.get('iss'), issuer)
    const grant = await redirect?.complete(pending, new URL(callback), context)
    t.match(grant, { account: { id: 'ann', name: 'Ann Example' }, credentials: { subject: 'ann', refreshToken: /./ } })
    if (grant === undefined) throw new Error('there is no grant')

    const refreshed = await provider.refresh?.(grant.credentials, context)
    t.not(refreshed?.credentials.refreshToken, grant.credentials.refreshToken, 'it rotates')
    t.ok(refreshed?.expiresAt)
    t.match(await provider.identify(refreshed?.credentials ?? {}, context), { id: 'ann' })
    await provider.revoke?.(refreshed?.credentials ?? {}, context)
    await fails(t, provider.refresh?.(refreshed?.credentials ?? {}, context), 'unauthorized', /invalid_grant/)
    await fails(t, provider.identify(refreshed?.credentials ?? {}, context), 'expired', /not accepted/)
    await provider.revoke?.(refreshed?.credentials ?? {}, context)
  })
}

t.test('a used refresh token ends the family, and a used code is refused', async (t) => {
  const { provider, context } = openClient(t, { clientId: 'basic', clientSecret: secret })
  const { redirect } = provider.handshakes
  const { authorizeUrl = '', pending = {} } = await redirect?.begin({ account: null, redirectUri, state: 's', needsConsentPrompt: false }, context) ?? {}
  const callback = await walk(authorizeUrl)
  const grant = await redirect?.complete(pending, new URL(callback), context)
  const refreshed = await provider.refresh?.(grant?.credentials ?? {}, context)
  await fails(t, provider.refresh?.(grant?.credentials ?? {}, context), 'unauthorized', /invalid_grant/)
  await fails(t, provider.refresh?.(refreshed?.credentials ?? {}, context), 'unauthorized', /invalid_grant/)
  await fails(t, redirect?.complete(pending, new URL(callback), context), 'rejected', /refused the request/)
})

t.test('a wrong secret is the operator\'s matter', async (t) => {
  const { provider, context } = openClient(t, { clientId: 'basic', clientSecret: 'wrong' })
  await fails(t, provider.refresh?.({ accessToken: 'a', refreshToken: 'b' }, context), 'misconfigured', /invalid_client/)
})

/** Follows the server's own redirects to the callback. */
async function walk (url: string): Promise<URL> {
  const browser = createBrowser()
  let location: string | undefined = url
  while (location !== undefined && !location.startsWith(redirectUri)) ({ location } = await browser.get(location))
  return new URL(location ?? '')
}
