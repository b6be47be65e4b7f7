import { isObject, isToken, ProviderError } from '@carillon/http'

/** Parses credentials that consist of an access token. Throws ProviderError `malformed` for anything else. */
export function parseAccessToken (value: unknown, host: string): { accessToken: string } {
  const accessToken = isObject(value) ? value['accessToken'] : undefined
  if (!isToken(accessToken)) throw new ProviderError({ kind: 'malformed', reason: 'credentials lack a usable access token' }, host)
  return { accessToken }
}
