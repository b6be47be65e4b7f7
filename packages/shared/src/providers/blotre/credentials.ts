import type { BlotreToken } from '@carillon/clients/blotre'
import { isObject, ProviderError } from '@carillon/http'
import type { Credentials } from '../credentials.ts'

/** Access tokens last two hours, refresh tokens fourteen days; both are replaced by each refresh. */
export interface BlotreCredentials extends Credentials {
  accessToken: string
  refreshToken?: string
  /** The disposable client that these belong to and that alone may refresh them; the configured client when absent. */
  clientId?: string
  clientSecret?: string
  /** Id of the user's root stream, so that it need not be asked for. */
  rootStream?: string
}

/** Throws ProviderError `malformed` for what are no credentials. */
export function parseBlotreCredentials (value: unknown, host: string): BlotreCredentials {
  const given = isObject(value) ? value : {}
  // Blot're reads word characters out of the header and nothing else.
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

/** The credentials that a token answer brings, on top of what `before` had. */
export function credentialsOf (token: BlotreToken, before: Partial<BlotreCredentials>, host: string): BlotreCredentials {
  return parseBlotreCredentials({
    ...before,
    accessToken: token.access_token,
    // RFC 6749 §6: an answer without one leaves the old one in force.
    refreshToken: token.refresh_token ?? before.refreshToken,
    rootStream: streamId.test(token.user?.rootStream ?? '') ? token.user?.rootStream : before.rootStream
  }, host)
}

/** Undefined when the answer does not say. */
export function expiryOf (token: BlotreToken, now: number): Date | undefined {
  return token.expires_in === undefined ? undefined : new Date(now + token.expires_in * 1_000)
}

const streamId = /^\w{1,64}$/
const printable = /^[\x21-\x7e]{1,4096}$/

function unusable (what: string, host: string): ProviderError {
  return new ProviderError({ kind: 'malformed', reason: `credentials lack ${what}` }, host)
}
