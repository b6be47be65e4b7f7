import type { Failure, HttpContext } from '@carillon/http'
import type { BlotreApi, BlotreClientIdentity, BlotreGrant } from './api.ts'
import type { BlotreToken } from './objects.ts'
import type { BlotreRequest } from './requests.ts'
import { ProviderError } from '@carillon/http'

/** Credentials that are refreshed automatically. */
export interface BlotreSession {
  creds: () => BlotreToken | null
  /** Awaits `onCreds`. */
  setCreds: (creds: BlotreToken | null) => Promise<void>
  /** Requests a token and stores it. Throws TokenEndpointError. */
  obtain: (grant: BlotreGrant) => Promise<BlotreToken>
  /** Concurrent callers share one refresh. Throws TokenEndpointError, or Error without a refresh token. */
  refresh: () => Promise<BlotreToken>
  /**
   * After an expired access token, refreshes it and repeats the request once. Throws the first RestError if that fails. Also
   * repeats a request whose token another request has replaced meanwhile.
   */
  perform: <T>(request: BlotreRequest<T>) => Promise<T>
}

export function createBlotreSession (
  api: BlotreApi, client: BlotreClientIdentity, initial: BlotreToken | null, context: HttpContext,
  onCreds: (creds: BlotreToken | null) => void | Promise<void>
): BlotreSession {
  let creds = initial
  let refreshing: Promise<BlotreToken> | undefined

  return { creds: () => creds, setCreds, obtain, refresh, perform }

  async function setCreds (changed: BlotreToken | null): Promise<void> {
    creds = changed
    await onCreds(changed)
  }

  async function obtain (grant: BlotreGrant): Promise<BlotreToken> {
    const token = await api.obtainToken(client, grant, context)
    await setCreds(token)
    return token
  }

  /** A refresh revokes the replaced tokens, so concurrent ones would revoke each other's. */
  async function refresh (): Promise<BlotreToken> {
    refreshing ??= exchange().finally(() => { refreshing = undefined })
    return await refreshing
  }

  async function exchange (): Promise<BlotreToken> {
    if (creds?.refresh_token === undefined) throw new Error('There is no refresh token')
    const token = await api.obtainToken(client, { grant_type: 'refresh_token', refresh_token: creds.refresh_token }, context)
    // RFC 6749 §6: a response without a refresh token keeps the old one valid.
    const renewed = { refresh_token: creds.refresh_token, ...token }
    await setCreds(renewed)
    return renewed
  }

  async function perform<T> (request: BlotreRequest<T>): Promise<T> {
    // All data that can be read is public, so no token is sent where none is required.
    if (request.method === 'GET') return await api.request(request, undefined, context)
    const used = creds
    try {
      return await api.request(request, used?.access_token, context)
    } catch (error) {
      if (used?.refresh_token === undefined || !(isOf('expired', error) || isOvertaken(error, used))) throw error
      await replace(used, error)
      return await api.request(request, creds?.access_token, context)
    }
  }

  /** Whether a refresh has revoked the token while the request was under way. */
  function isOvertaken (error: unknown, used: BlotreToken): boolean {
    return isOf('unauthorized', error) && creds !== null && (creds !== used || refreshing !== undefined)
  }

  async function replace (used: BlotreToken, original: unknown): Promise<void> {
    if (creds !== used) return
    await refresh().catch((error: unknown) => {
      // An error of `onCreds` belongs to the caller.
      throw error instanceof ProviderError ? original : error
    })
  }
}

function isOf (kind: Failure['kind'], error: unknown): boolean {
  return error instanceof ProviderError && error.failure.kind === kind
}
