import type { HttpContext } from '@carillon/http'
import { oneTimeCodeGrant } from './api.ts'
import type { BlotreApi, BlotreClientIdentity } from './api.ts'
import type { BlotreToken } from './objects.ts'
import { createDisposable } from './requests.ts'
import { TokenEndpointError } from './token-endpoint-error.ts'
import { ProviderError } from '@carillon/http'

/** The default interval of RFC 8628 §3.2, because Blot're states none. */
export const redeemIntervalMs = 5_000

/** A client for one user, and the code that the user enters at `BlotreApi.redeemUrl`. */
export interface OneTimeClient {
  client: BlotreClientIdentity
  code: string
  /** Milliseconds since the epoch. */
  expiresAt: number
}

/** Creates a disposable client. Throws RestError if the name does not have 3 to 254 characters. */
export async function openOneTimeClient (
  api: BlotreApi, name: string, blurb: string, context: HttpContext
): Promise<OneTimeClient> {
  const { id, secret, code, expires_in: lifetime } = await api.request(createDisposable(name, blurb), undefined, context)
  return { client: { id, secret, kind: 'own' }, code, expiresAt: context.now() + lifetime * 1_000 }
}

/**
 * Requests the token once. Null until the user has entered the code. Throws ProviderError `rejected` after its expiry. Blot're
 * itself returns `invalid_grant` for both.
 */
export async function redeemOneTimeCode (
  api: BlotreApi, { client, code, expiresAt }: OneTimeClient, context: HttpContext
): Promise<BlotreToken | null> {
  // The time is read before the request, because the user may enter the code during it.
  const isLate = context.now() >= expiresAt
  try {
    return await api.obtainToken(client, { grant_type: oneTimeCodeGrant, code }, context)
  } catch (error) {
    if (!(error instanceof TokenEndpointError) || error.error !== 'invalid_grant') throw error
    if (isLate) throw new ProviderError({ kind: 'rejected', reason: 'one-time code was not entered in time' }, error.host, error.status)
    return null
  }
}
