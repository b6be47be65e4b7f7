import type { HttpContext } from '@carillon/http'
import type { BlotreApi } from './api.ts'
import { revokeToken } from './requests.ts'
import { RestError } from './rest-error.ts'

/** Ends both tokens. Those that Blot're does not know any more are as good as revoked. */
export async function revoke (
  api: BlotreApi, { accessToken, refreshToken }: { accessToken: string, refreshToken?: string | undefined }, call: HttpContext
): Promise<void> {
  // An access token that is too old is not found, and its refresh token would live on. Either one ends both.
  await api.request(revokeToken(refreshToken ?? accessToken), undefined, call).catch((error: unknown) => {
    if (!isUnknownToken(error)) throw error
  })
}

/** In the API's own words: a page that says 404 would mean that we asked somewhere else. */
export function isUnknownToken (error: unknown): error is RestError {
  return error instanceof RestError && error.status === 404 && error.error === 'No such token.'
}
