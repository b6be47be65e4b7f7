import { createHash, randomBytes } from 'node:crypto'
import {
  encodeQuery, isUserHost, parseJsonObject, parseTokenBody, ProviderError, readTokenResponse, requestToken, sendRequest,
  tokenErrorOf
} from '@carillon/http'
import type { UserHosts } from '@carillon/http'
import type { Registration } from '@carillon/clients'
import type { Grant, Tokens } from '../credentials.ts'
import type { Handshakes } from '../handshakes.ts'
import { classifyTokenRefusal } from '../oauth2/exchange-code.ts'
import { toRefreshed } from '../oauth2/refresh-tokens.ts'
import type { Refreshed } from '../capabilities.ts'
import type { RequestContext } from '../request-context.ts'
import { parseAccount } from './credentials.ts'
import type { MastodonCredentials } from './credentials.ts'
import { findServer, untrustedHostLimits } from './find-server.ts'
import { obtainRegistration, tokenClientOf } from './register.ts'

/** The redirect URI with which the server shows the code on a page. */
const outOfBand = 'urn:ietf:wg:oauth:2.0:oob'

/** A new token, with its server and its OAuth client. */
export interface NewToken extends Omit<Registration, 'expiresAt'>, Refreshed<Tokens> {
  host: string
}

interface Pending extends Omit<Registration, 'expiresAt'> {
  host: string
  redirectUri: string
  codeVerifier: string
}

type Accept = (token: NewToken, context: RequestContext) => Promise<Grant<MastodonCredentials>>

export interface HandshakeConfig {
  clientName: string
  /** Whether connections need the permission to post. */
  posts: boolean
}

/** The authorization code flow with PKCE at a server that the user names. `accept` converts the token to a grant. */
export function createHandshakes (
  hosts: UserHosts, { clientName, posts }: HandshakeConfig, accept: Accept
): Handshakes<MastodonCredentials> {
  return {
    redirect: {
      begin: ({ account, redirectUri, state }, context) => begin(account ?? '', redirectUri, state, context),
      complete: (pending, callback, context) => complete(pending, callback.searchParams.get('code') ?? '', context)
    },
    verifier: {
      callbackParameters: { token: 'state', verifier: 'code' },
      async begin (account, callback, context) {
        const state = randomBytes(32).toString('base64url')
        return { ...await begin(account, callback ?? outOfBand, state, context), token: state }
      },
      // The user copies the code from a page, so it may have spaces around it.
      complete: (pending, verifier, context) => complete(pending, verifier.trim(), context)
    }
  }

  async function begin (account: string, redirectUri: string, state: string, context: RequestContext) {
    const host = await findServer(parseAccount(account, hosts), hosts, context)
    const origin = hosts.originOf(host)
    const identity = await readIdentityScope(origin, context)
    const scope = posts ? `${identity} write:statuses` : identity
    const { clientId, clientSecret } = await obtainRegistration(origin, { clientName, redirectUri, scope }, context)
    const codeVerifier = randomBytes(32).toString('base64url')
    const query = encodeQuery({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope,
      state,
      // Servers that do not know PKCE ignore it.
      code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
      code_challenge_method: 'S256'
    })
    const pending = { host, redirectUri, codeVerifier, clientId, clientSecret } satisfies Pending
    return { authorizeUrl: `${origin}/oauth/authorize?${query}`, pending }
  }

  async function complete (pending: Record<string, unknown>, code: string, context: RequestContext) {
    const { host, redirectUri, codeVerifier, clientId, clientSecret } = parsePending(pending)
    const { tokenUrl: url, tokenRequest, ...client } = tokenClientOf(hosts.originOf(host), { clientId, clientSecret })
    const parameters = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: codeVerifier }
    const token = await requestToken({ url, ...client, ...tokenRequest }, parameters, (response, now) => {
      const value = response.status >= 200 && response.status < 300 ? readTokenResponse(parseTokenBody(response)) : undefined
      if (value !== undefined) return { kind: 'ok', value }
      // The next handshake finds out that the registration is lost, and registers again.
      const isLost = tokenErrorOf(response) === 'invalid_client'
      return isLost ? { kind: 'rejected', reason: 'the server forgot our registration' } : classifyTokenRefusal(response, now, { isRegistered: true })
    }, context)
    return await accept({ host, clientId, clientSecret, ...toRefreshed(token, {}, context.now(), host) }, context)
  }
}

/** `profile` where the metadata lists it, which is narrower. Servers without metadata do not know it. */
async function readIdentityScope (origin: string, context: RequestContext): Promise<string> {
  const url = `${origin}/.well-known/oauth-authorization-server`
  const request = { method: 'GET', url, isGuarded: isUserHost(url), headers: { accept: 'application/json' }, ...untrustedHostLimits } as const
  return await sendRequest(request, ({ status, body }) => {
    if (status >= 500 || status === 429) return { kind: 'transient', reason: 'not available now' }
    const scopes = status === 200 ? parseJsonObject(body)?.['scopes_supported'] : undefined
    return { kind: 'ok', value: Array.isArray(scopes) && scopes.includes('profile') ? 'profile' : 'read:accounts' }
  }, context)
}

function parsePending (value: Record<string, unknown>): Pending {
  const { host, redirectUri, codeVerifier, clientId, clientSecret } = value
  if (![host, redirectUri, codeVerifier, clientId, clientSecret].every((text) => typeof text === 'string')) {
    throw new ProviderError({ kind: 'malformed', reason: 'not a handshake of ours' }, 'Mastodon')
  }
  return value as unknown as Pending
}
