import type { HttpContext } from '@carillon/http'
import { oneTimeCodeGrant } from './api.ts'
import type { BlotreApi, BlotreClientIdentity } from './api.ts'
import type { BlotreToken } from './objects.ts'
import { createDisposable } from './requests.ts'
import { TokenEndpointError } from './token-endpoint-error.ts'
import { ProviderError } from '@carillon/http'

/** RFC 8628 §3.2's interval for a server that names none, as Blot're does not. */
export const redeemIntervalMs = 5_000

/** A client of one user's own, and the code that the user enters at `BlotreApi.redeemUrl`. */
export interface OneTimeClient {
  client: BlotreClientIdentity
  code: string
  /** Milliseconds since the epoch. */
  expiresAt: number
}

/** Creates a disposable client. Throws RestError for a name that is not 3 to 254 characters. */
export async function openOneTimeClient (api: BlotreApi, name: string, blurb: string, call: HttpContext): Promise<OneTimeClient> {
  const { id, secret, code, expires_in: lifetime } = await api.request(createDisposable(name, blurb), undefined, call)
  return { client: { id, secret, kind: 'own' }, code, expiresAt: call.now() + lifetime * 1_000 }
}

/**
 * Asks for the token once. Null while the user has not entered the code; ProviderError `rejected` when that can no longer
 * happen. Blot're itself says `invalid_grant` of both.
 */
export async function redeemOneTimeCode (
  api: BlotreApi, { client, code, expiresAt }: OneTimeClient, call: HttpContext
): Promise<BlotreToken | null> {
  // Taken before asking: a code that is entered while we ask must not be given up.
  const isLate = call.now() >= expiresAt
  try {
    return await api.obtainToken(client, { grant_type: oneTimeCodeGrant, code }, call)
  } catch (error) {
    if (!(error instanceof TokenEndpointError) || error.error !== 'invalid_grant') throw error
    if (isLate) throw new ProviderError({ kind: 'rejected', reason: 'one-time code was not entered in time' }, error.host, error.status)
    return null
  }
}
