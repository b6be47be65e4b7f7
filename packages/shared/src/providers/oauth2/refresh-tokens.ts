import { isObject, isToken, parseTokenBody, ProviderError, readTokenResponse, requestToken, tokenErrorOf } from '@carillon/http'
import type { HttpContext } from '@carillon/http'
import type { Refreshed } from '../capabilities.ts'
import type { Tokens } from '../credentials.ts'
import type { CodeHandshake } from '../handshakes.ts'
import { classifyTokenRefusal } from './exchange-code.ts'

/** A provider's client and its token endpoint, as the code handshake names them. */
export type TokenClient = Pick<CodeHandshake, 'clientId' | 'clientSecret' | 'tokenUrl' | 'tokenRequest'> & {
  /** A user has chosen the host, so the guard applies. */
  isGuarded?: boolean
  /** The host registered the client at our request. If the host forgets it, only a new handshake registers another one. */
  isRegistered?: boolean
}

/** Parses an access token and, where there is one, a refresh token. Throws ProviderError `malformed` for anything else. */
export function parseTokens (value: unknown, host: string): Tokens {
  const { accessToken, refreshToken } = isObject(value) ? value : {}
  if (!isToken(accessToken)) throw unusable('access token', host)
  if (refreshToken === undefined || refreshToken === null) return { accessToken }
  if (!isToken(refreshToken)) throw unusable('refresh token', host)
  return { accessToken, refreshToken }
}

/** The credentials of a token response. Without a new refresh token, the old one stays valid (RFC 6749 §6). */
export function toRefreshed (response: unknown, before: Partial<Tokens>, now: number, host: string): Refreshed<Tokens> {
  const token = readTokenResponse(response)
  const refreshToken = token?.refresh_token ?? before.refreshToken
  const credentials = parseTokens({ accessToken: token?.access_token, refreshToken }, host)
  return { credentials, ...token?.expires_in !== undefined && { expiresAt: new Date(now + token.expires_in * 1_000) } }
}

/**
 * Refreshes credentials at a token endpoint of RFC 6749 §6. Throws ProviderError `unauthorized` for an `invalid_grant`, and for a
 * registration that the server forgot.
 */
export async function refreshTokens (client: TokenClient, credentials: Tokens, context: HttpContext): Promise<Refreshed<Tokens>> {
  const { clientId, clientSecret, tokenUrl: url, tokenRequest, isGuarded = false, isRegistered = false } = client
  const { host } = new URL(url)
  const { refreshToken } = credentials
  if (refreshToken === undefined) throw new ProviderError({ kind: 'unauthorized', reason: 'there is no refresh token' }, host)
  const parameters = { grant_type: 'refresh_token', refresh_token: refreshToken }
  const token = await requestToken({ url, clientId, clientSecret, isGuarded, ...tokenRequest }, parameters, (response, now) => {
    const value = response.status >= 200 && response.status < 300 ? readTokenResponse(parseTokenBody(response)) : undefined
    if (value !== undefined) return { kind: 'ok', value }
    const error = tokenErrorOf(response)
    if (error === 'invalid_grant') return { kind: 'unauthorized', reason: 'refresh token is not accepted (invalid_grant)' }
    if (isRegistered && error === 'invalid_client') return { kind: 'unauthorized', reason: 'the server forgot our registration' }
    return classifyTokenRefusal(response, now, { isRegistered })
  }, context)
  return toRefreshed(token, credentials, context.now(), host)
}

function unusable (what: string, host: string): ProviderError {
  return new ProviderError({ kind: 'malformed', reason: `credentials lack a usable ${what}` }, host)
}
