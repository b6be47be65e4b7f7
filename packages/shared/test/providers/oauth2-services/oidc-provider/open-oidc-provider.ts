import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import OidcProvider from 'oidc-provider'
import type { Test } from 'tap'

/**
 * A server that we did not write, with rotating refresh tokens and reuse detection. Its user `ann` logs in and consents at once.
 * Returns the issuer.
 */
export async function openOidcProvider (t: Test, clients: object[]): Promise<string> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  const provider = new OidcProvider(issuer, {
    clients,
    features: { devInteractions: { enabled: false }, revocation: { enabled: true }, introspection: { enabled: false } },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId, name: 'Ann Example' }) }),
    claims: { openid: ['sub'], profile: ['name'] },
    scopes: ['openid', 'offline_access', 'profile'],
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    cookies: { keys: ['a key of this test'] }
  })
  const handle = provider.callback()
  server.on('request', async (request, response) => {
    if (request.url?.startsWith('/interaction/') === true) await consent(request, response)
    else await handle(request, response)
  })
  return issuer

  async function consent (request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prompt, params, session } = await provider.interactionDetails(request, response)
    if (prompt.name === 'login') return await provider.interactionFinished(request, response, { login: { accountId: 'ann' } })
    const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: params.client_id })
    grant.addOIDCScope(params.scope)
    await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
  }
}
