import type { BlotreToken } from '@carillon/clients/blotre'
import { isObject, ProviderError } from '@carillon/http'
import type { Tokens } from '../credentials.ts'

/** Access tokens are valid for two hours, refresh tokens for fourteen days. Each refresh replaces both. */
export interface BlotreCredentials extends Tokens {
  accessToken: string
  refreshToken?: string
  /** The disposable client of these credentials, which alone may refresh them. The configured client when absent. */
  clientId?: string
  clientSecret?: string
  /** The id of the user's root stream, which saves a request. */
  rootStream?: string
}

/** Throws ProviderError `malformed` for invalid credentials. */
export function parseBlotreCredentials (value: unknown, host: string): BlotreCredentials {
  const given = isObject(value) ? value : {}
  // Blot're only reads word characters from the header.
  const accessToken = text(given, 'accessToken', /^\w{1,4096}$/)
  if (accessToken === undefined) throw unusable('an access token', host)
  const refreshToken = text(given, 'refreshToken', printable)
  const clientId = text(given, 'clientId', printable)
  const clientSecret = text(given, 'clientSecret', printable)
  if ((clientId === undefined) !== (clientSecret === undefined)) throw unusable('one of clientId and clientSecret', host)
  const rootStream = text(given, 'rootStream', streamId)
  return {
    accessToken,
    ...refreshToken !== undefined && { refreshToken },
    ...clientId !== undefined && clientSecret !== undefined && { clientId, clientSecret },
    ...rootStream !== undefined && { rootStream }
  }

  function text (from: Record<string, unknown>, name: string, form: RegExp): string | undefined {
    const found = from[name]
    if (found === undefined || found === null) return undefined
    if (typeof found !== 'string' || !form.test(found)) throw unusable(`a usable ${name}`, host)
    return found
  }
}

/** The credentials of a token response, merged with those in `before`. */
export function credentialsOf (token: BlotreToken, before: Partial<BlotreCredentials>, host: string): BlotreCredentials {
  return parseBlotreCredentials({
    ...before,
    accessToken: token.access_token,
    // RFC 6749 §6: a response without a refresh token keeps the old one valid.
    refreshToken: token.refresh_token ?? before.refreshToken,
    rootStream: streamId.test(token.user?.rootStream ?? '') ? token.user?.rootStream : before.rootStream
  }, host)
}

/** Undefined when the response states no expiry. */
export function expiryOf (token: BlotreToken, now: number): Date | undefined {
  return token.expires_in === undefined ? undefined : new Date(now + token.expires_in * 1_000)
}

const streamId = /^\w{1,64}$/
const printable = /^[\x21-\x7e]{1,4096}$/

function unusable (what: string, host: string): ProviderError {
  return new ProviderError({ kind: 'malformed', reason: `credentials lack ${what}` }, host)
}
