import { isText, ProviderError, requestToken } from '@carillon/http'
import type { HttpContext } from '@carillon/http'
import type { Refreshed } from '../capabilities.ts'
import type { RequestContext } from '../request-context.ts'
import { toRefreshed } from '../oauth2/refresh-tokens.ts'
import type { SlackApi } from './api.ts'
import { classify } from './classify.ts'
import type { SlackCredentials } from './credentials.ts'

/** The end and the renewal of a workspace's tokens. Both throw ProviderError. */
export interface TokenEndpoint {
  refresh: (credentials: SlackCredentials, context: HttpContext) => Promise<Refreshed<SlackCredentials>>
  revoke: (credentials: SlackCredentials, context: RequestContext) => Promise<void>
}

export function createTokenEndpoint (api: SlackApi, client: { clientId: string, clientSecret: string }): TokenEndpoint {
  const { host, tokenUrl: url } = api
  return { refresh, revoke }

  async function refresh (credentials: SlackCredentials, context: HttpContext): Promise<Refreshed<SlackCredentials>> {
    const { refreshToken } = credentials
    if (refreshToken === undefined) throw new ProviderError({ kind: 'unauthorized', reason: 'there is no refresh token' }, host)
    const token = await requestToken(
      { url, ...client, credentials: 'header', format: 'form' },
      { grant_type: 'refresh_token', refresh_token: refreshToken },
      (response, now) => classify(response, now, (json) => isText(json['access_token']) ? json : undefined),
      context)
    const { credentials: tokens, ...rest } = toRefreshed(token, credentials, context.now(), host)
    return { credentials: { ...credentials, ...tokens }, ...rest }
  }

  async function revoke (credentials: SlackCredentials, context: RequestContext): Promise<void> {
    const kind = await failureKindOf(async () => {
      await api.call('auth.revoke', {}, credentials.accessToken, (response, now) =>
        classify(response, now, ({ revoked }) => revoked === true ? true : undefined), context)
    })
    // Slack refuses to revoke an expired token, so it is refreshed first.
    if (kind !== 'expired' || credentials.refreshToken === undefined) return
    await failureKindOf(async () => {
      const { credentials: fresh } = await refresh(credentials, context)
      await context.onRefreshed?.(fresh)
      await revoke(fresh, context)
    })
  }
}

/** Returns the kind of a failure after which the token no longer works. Throws all other errors. */
async function failureKindOf (act: () => Promise<void>): Promise<'expired' | 'unauthorized' | undefined> {
  try {
    await act()
    return undefined
  } catch (error) {
    const kind = error instanceof ProviderError ? error.failure.kind : undefined
    if (kind === 'expired' || kind === 'unauthorized') return kind
    throw error
  }
}
