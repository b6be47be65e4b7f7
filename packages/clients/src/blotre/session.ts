import type { HttpContext } from '@carillon/http'
import type { BlotreApi, BlotreClientIdentity, BlotreGrant } from './api.ts'
import type { BlotreToken } from './objects.ts'
import type { BlotreRequest } from './requests.ts'
import { ProviderError } from '@carillon/http'

/** Credentials that keep themselves fresh. */
export interface BlotreSession {
  creds: () => BlotreToken | null
  /** Awaits `onCreds`. */
  setCreds: (creds: BlotreToken | null) => Promise<void>
  /** Gets a token and keeps it. Throws TokenEndpointError. */
  obtain: (grant: BlotreGrant) => Promise<BlotreToken>
  /** Of all who ask at a time one does. Throws TokenEndpointError; Error when there is no refresh token. */
  refresh: () => Promise<BlotreToken>
  /** When the access token proves expired: refreshes, and tries once more. When that fails: throws the first RestError. */
  perform: <T>(request: BlotreRequest<T>) => Promise<T>
}

export function createBlotreSession (
  api: BlotreApi, client: BlotreClientIdentity, initial: BlotreToken | null, call: HttpContext,
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
    const token = await api.obtainToken(client, grant, call)
    await setCreds(token)
    return token
  }

  /** A refresh ends the tokens it replaces, so that two at a time would end each other's. */
  async function refresh (): Promise<BlotreToken> {
    refreshing ??= exchange().finally(() => { refreshing = undefined })
    return await refreshing
  }

  async function exchange (): Promise<BlotreToken> {
    if (creds?.refresh_token === undefined) throw new Error('There is no refresh token')
    const token = await api.obtainToken(client, { grant_type: 'refresh_token', refresh_token: creds.refresh_token }, call)
    // RFC 6749 §6: an answer without a refresh token leaves the old one in force.
    const renewed = { refresh_token: creds.refresh_token, ...token }
    await setCreds(renewed)
    return renewed
  }

  async function perform<T> (request: BlotreRequest<T>): Promise<T> {
    // Everything that is read is public: no token goes where none is asked for.
    if (request.method === 'GET') return await api.request(request, undefined, call)
    const used = creds
    try {
      return await api.request(request, used?.access_token, call)
    } catch (error) {
      if (!isExpired(error) || used?.refresh_token === undefined) throw error
      await replace(used, error)
      return await api.request(request, creds?.access_token, call)
    }
  }

  async function replace (used: BlotreToken, original: unknown): Promise<void> {
    if (creds !== used) return
    await refresh().catch((error: unknown) => {
      // What onCreds throws is the caller's own.
      throw error instanceof ProviderError ? original : error
    })
  }
}

function isExpired (error: unknown): boolean {
  return error instanceof ProviderError && error.failure.kind === 'expired'
}
