import { refreshTokenGrant, tokenRevocation } from 'openid-client'
import { isObject, isText, parseJson, ProviderError } from '@carillon/http'
import type { HttpContext } from '@carillon/http'
import type { Refreshed } from '../../capabilities.ts'
import { toRefreshed } from '../../oauth2/refresh-tokens.ts'
import type { ServiceConfig } from '../config/service-config.ts'
import type { ServiceCredentials } from '../credentials.ts'
import type { AuthorizationServer } from './authorization-server.ts'

/** Refreshes credentials (RFC 6749 §6). A new refresh token replaces the old one, which otherwise stays valid. */
export async function refresh (
  server: AuthorizationServer, credentials: ServiceCredentials, context: HttpContext
): Promise<Refreshed<ServiceCredentials>> {
  const { refreshToken, account, subject } = credentials
  if (refreshToken === undefined) throw new ProviderError({ kind: 'unauthorized', reason: 'there is no refresh token' }, server.host)
  let idToken: unknown
  const purpose = { request: 'refresh', onToken: (content: Record<string, unknown>) => { idToken = content['id_token'] } } as const
  const token = await server.run(context, purpose, (configuration) => refreshTokenGrant(configuration, refreshToken))
  // The id_token comes straight from the server. A failed check of its signature must not lose the only copy of the new tokens.
  const found = subjectIn(idToken)
  if (subject !== undefined && found !== undefined && found !== subject) {
    throw new ProviderError({ kind: 'unauthorized', reason: 'the refreshed token belongs to another user' }, server.host)
  }
  const refreshed = toRefreshed(token, credentials, context.now(), server.host)
  return {
    ...refreshed,
    credentials: { ...refreshed.credentials, ...account !== undefined && { account }, ...subject !== undefined && { subject } }
  }
}

/** Revokes credentials (RFC 7009). The refresh token goes first, because servers then also revoke its access tokens. */
export async function revoke (
  server: AuthorizationServer, { revoke: rules }: ServiceConfig, { accessToken, refreshToken }: ServiceCredentials,
  context: HttpContext
): Promise<void> {
  const { revocation_endpoint: url } = await server.metadata(context)
  if (url === undefined) throw new ProviderError({ kind: 'rejected', reason: 'the metadata has no revocation_endpoint' }, server.host)
  const usesRefreshToken = rules?.token === 'refresh' && refreshToken !== undefined
  await server.run(context, { request: 'revocation' }, (configuration) => tokenRevocation(
    configuration, usesRefreshToken ? refreshToken : accessToken, { token_type_hint: usesRefreshToken ? 'refresh_token' : 'access_token' }
  ))
}

function subjectIn (idToken: unknown): string | undefined {
  const [, payload = ''] = typeof idToken === 'string' ? idToken.split('.') : []
  const claims = parseJson(Buffer.from(payload, 'base64url'))
  return isObject(claims) && isText(claims['sub']) ? claims['sub'] : undefined
}
