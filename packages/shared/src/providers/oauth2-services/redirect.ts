import { authorizationCodeGrant, buildAuthorizationUrl, calculatePKCECodeChallenge, randomNonce, randomPKCECodeVerifier } from 'openid-client'
import type { AuthorizationCodeGrantChecks, TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client'
import { isText, ProviderError } from '@carillon/http'
import type { Account, Grant } from '../credentials.ts'
import type { PendingRedirect, RedirectHandshake, RedirectInput } from '../handshakes.ts'
import type { RequestContext } from '../request-context.ts'
import { toRefreshed } from '../oauth2/refresh-tokens.ts'
import type { ServiceConfig } from './config/service-config.ts'
import type { ServiceCredentials } from './credentials.ts'
import { anonymousAccount, readAccount, requestUserinfo } from './identity.ts'
import { readTextAt } from './json-pointer.ts'
import type { AuthorizationServer } from './tokens/authorization-server.ts'

type TokenResult = TokenEndpointResponse & TokenEndpointResponseHelpers

/** The authorization code flow with PKCE, `state`, a nonce and the check of `iss` (RFC 9700 §2.1). */
export function createRedirect (
  config: ServiceConfig, server: AuthorizationServer, serviceName: string
): RedirectHandshake<ServiceCredentials> {
  const { authorization, identity } = config
  const { host } = server
  const scope = authorization.scope.join(authorization.scopeSeparator)
  const usesNonce = authorization.nonce !== 'off' && authorization.scope.includes('openid') && config.server.issuer !== undefined

  return { begin, complete }

  async function begin (
    { redirectUri, state, needsConsentPrompt }: RedirectInput, context: RequestContext
  ): Promise<PendingRedirect> {
    const verifier = authorization.pkce === 'S256' ? randomPKCECodeVerifier() : undefined
    const nonce = usesNonce ? randomNonce() : undefined
    const parameters = {
      ...authorization.parameters,
      ...needsConsentPrompt && authorization.askAgainParameters,
      redirect_uri: redirectUri,
      state,
      ...scope !== '' && { scope },
      ...nonce !== undefined && { nonce },
      ...verifier !== undefined && { code_challenge: await calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }
    }
    const url = await server.run(context, { request: 'exchange' }, async (configuration) => buildAuthorizationUrl(configuration, parameters))
    // Not every server reads `+` as a space.
    return { authorizeUrl: url.href.replaceAll('+', '%20'), pending: { state, verifier, nonce } }
  }

  async function complete (
    pending: Record<string, unknown>, callback: URL, context: RequestContext
  ): Promise<Grant<ServiceCredentials>> {
    const { state, verifier, nonce } = pending
    const checks: AuthorizationCodeGrantChecks = {
      ...isText(state) && { expectedState: state },
      ...isText(verifier) && { pkceCodeVerifier: verifier },
      ...isText(nonce) && { expectedNonce: nonce },
      idTokenExpected: identity.from === 'idToken'
    }
    // Without an issuer there is nothing to compare `iss` with.
    if (config.server.issuer === undefined) callback.searchParams.delete('iss')
    const token = await server.run(context, { request: 'exchange', onToken }, (configuration) =>
      authorizationCodeGrant(configuration, callback, checks))
    const { sub: subject } = token.claims() ?? {}
    const account = await findAccount(token, subject, context)
    const { credentials, expiresAt } = toRefreshed(token, {}, context.now(), host)
    const missingPermissions = findMissing(token.scope)
    return {
      credentials: { ...credentials, account: { id: account.id, name: account.name }, ...subject !== undefined && { subject } },
      account,
      ...expiresAt !== undefined && { expiresAt },
      ...missingPermissions.length > 0 && { missingPermissions }
    }

    /** Some servers do not return the nonce. `optional` accepts that, and still refuses another nonce. */
    function onToken (content: Record<string, unknown>): void {
      if (authorization.nonce === 'optional' && !hasNonce(content['id_token'])) delete checks.expectedNonce
    }
  }

  async function findAccount (token: TokenResult, subject: string | undefined, context: RequestContext): Promise<Account> {
    if (identity.from === 'none') return anonymousAccount(token.access_token, serviceName)
    if (identity.from === 'tokenResponse') return readAccount(token, identity, host)
    if (identity.from === 'idToken') return readAccount(token.claims(), identity, host)
    const { userinfo_endpoint: url = '' } = await server.metadata(context)
    const userinfo = await requestUserinfo(url, token.access_token, identity, context)
    // OpenID Connect Core §5.3.2: a response about another user must not be used.
    if (subject !== undefined && readTextAt(userinfo, '/sub') !== subject) {
      throw new ProviderError({ kind: 'malformed', reason: 'userinfo and id_token name different users' }, host)
    }
    return readAccount(userinfo, identity, host)
  }

  /** RFC 6749 §5.1: without `scope`, everything that was requested is granted. */
  function findMissing (granted: string | undefined): string[] {
    if (granted === undefined) return []
    const given = granted.split(/[\s,]+/)
    return authorization.scope.filter((each) => !given.includes(each))
  }
}

function hasNonce (idToken: unknown): boolean {
  const [, payload = ''] = typeof idToken === 'string' ? idToken.split('.') : []
  return Buffer.from(payload, 'base64url').toString().includes('"nonce"')
}
