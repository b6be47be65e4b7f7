import { isPage, requestToken } from '@carillon/http'
import type { HttpContext } from '@carillon/http'
import type { Tokens } from '../credentials.ts'
import { classifyTokenRefusal } from './exchange-code.ts'
import type { TokenClient } from './refresh-tokens.ts'

/**
 * Revokes credentials at a revocation endpoint of RFC 7009. Its success for an unknown token is a success here too. The refresh
 * token goes first, because it revokes the access token with it.
 */
export async function revokeTokens (
  client: TokenClient, url: string, { accessToken, refreshToken }: Tokens, context: HttpContext
): Promise<void> {
  const { clientId, clientSecret, tokenRequest, isGuarded = false, isRegistered = false } = client
  const hint = refreshToken === undefined ? 'access_token' : 'refresh_token'
  const parameters = { token: refreshToken ?? accessToken, token_type_hint: hint }
  await requestToken({ url, clientId, clientSecret, isGuarded, ...tokenRequest }, parameters, (response, now) =>
    response.status === 200 && !isPage(response) ? { kind: 'ok', value: undefined } : classifyTokenRefusal(response, now, { isRegistered }), context)
}
