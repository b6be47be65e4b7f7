import { isObject, isToken, ProviderError } from '@carillon/http'
import type { UserHosts } from '@carillon/http'
import { parseTokens } from '../oauth2/refresh-tokens.ts'
import type { Tokens } from '../credentials.ts'

/** An account: its name and the server that has it. `name` is empty when the user entered only a server. */
export interface MastodonAccount {
  name: string
  host: string
}

/**
 * The credentials include their OAuth client: a token works with no other, and stays valid when the server gets a new
 * registration. Only Pleroma's tokens expire and have a refresh token.
 */
export interface MastodonCredentials extends Tokens {
  /** `user@host`, with the port if it is not the default one. `host` is the API's. */
  account: string
  clientId: string
  clientSecret: string
}

/** Parses `@user@host`, `user@host` or `host`. Throws ProviderError `rejected`. */
export function parseAccount (text: string, hosts: UserHosts): MastodonAccount {
  const [, name = '', given = ''] = accountForm.exec(text.trim()) ?? []
  const host = hosts.parse(given)
  // The error does not repeat the text, because a user may have entered a password in the wrong field.
  if (host === undefined) throw new ProviderError({ kind: 'rejected', reason: 'not an account like @user@host' }, 'Mastodon')
  return { name, host }
}

/** Throws ProviderError `malformed` for invalid credentials. */
export function parseMastodonCredentials (value: unknown, hosts: UserHosts): MastodonCredentials {
  const tokens = parseTokens(value, 'Mastodon')
  const { account, clientId, clientSecret } = isObject(value) ? value : {}
  if (!isToken(clientId) || !isToken(clientSecret)) throw malformed('credentials lack the client of their token')
  return { ...tokens, account: canonicalAccount(account, hosts), clientId, clientSecret }
}

/** The account of the credentials, as it is stored. */
export function splitAccount ({ account }: Pick<MastodonCredentials, 'account'>): MastodonAccount {
  const at = account.indexOf('@')
  return { name: account.slice(0, at), host: account.slice(at + 1) }
}

function canonicalAccount (value: unknown, hosts: UserHosts): string {
  const [, name, given = ''] = typeof value === 'string' ? accountForm.exec(value) ?? [] : []
  const host = hosts.parse(given)
  if (name === undefined || host === undefined) throw malformed('credentials lack an account like user@host')
  return `${name}@${host}`
}

const accountForm = /^(?:acct:)?(?:@?([\w.-]{1,64})@)?([^\s@/\\?#]{1,261})$/i

function malformed (reason: string): ProviderError {
  return new ProviderError({ kind: 'malformed', reason }, 'Mastodon')
}
