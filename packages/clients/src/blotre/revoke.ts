import type { HttpContext } from '@carillon/http'
import type { BlotreApi } from './api.ts'
import { revokeToken } from './requests.ts'
import { RestError } from './rest-error.ts'

/** Revokes both tokens. Tokens that Blot're does not recognize count as revoked. */
export async function revoke (
  api: BlotreApi, { accessToken, refreshToken }: { accessToken: string, refreshToken?: string | undefined }, context: HttpContext
): Promise<void> {
  // Blot're does not find an expired access token, and its refresh token would stay valid. Either token revokes both.
  await api.request(revokeToken(refreshToken ?? accessToken), undefined, context).catch((error: unknown) => {
    if (!isUnknownToken(error)) throw error
  })
}

/** Checks the API's error text, because a 404 with an HTML page comes from another server or URL. */
export function isUnknownToken (error: unknown): error is RestError {
  return error instanceof RestError && error.status === 404 && error.error === 'No such token.'
}
