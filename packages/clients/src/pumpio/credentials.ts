import { isObject, ProviderError } from '@carillon/http'
import type { PumpioHosts } from './account.ts'
import { accountText } from './account.ts'
import { isSecretText } from './classify.ts'

/** The recipients of messages: the account's followers, everyone, or the listed `nick@host`. */
export type PumpioAudience = 'followers' | 'public' | readonly string[]

/**
 * The credentials include their OAuth client. A token works with no other client, and must stay valid when the host gets a new
 * registration. Tokens never expire and cannot be refreshed or revoked.
 */
export interface PumpioCredentials {
  /** `nick@host`, with the port if it is not the default one. */
  account: string
  accessToken: string
  accessTokenSecret: string
  clientId: string
  clientSecret: string
  /** Defaults to the configured audience. */
  audience?: PumpioAudience
}

/** Throws ProviderError `malformed` for invalid credentials. */
export function parsePumpioCredentials (value: unknown, hosts: PumpioHosts): PumpioCredentials {
  const given = isObject(value) ? value : {}
  const { accessToken, accessTokenSecret, clientId, clientSecret, audience } = given
  const account = canonical(given['account'], hosts)
  if (account === undefined) throw malformed('credentials lack an account like nick@host')
  if (!isSecretText(accessToken) || !isSecretText(accessTokenSecret)) throw malformed('credentials lack a usable token and its secret')
  if (!isSecretText(clientId) || !isSecretText(clientSecret)) throw malformed('credentials lack the client of their token')
  const credentials = { account, accessToken, accessTokenSecret, clientId, clientSecret }
  return audience === undefined ? credentials : { ...credentials, audience: parseAudience(audience, hosts) }
}

/** Throws ProviderError `malformed` for an invalid audience. */
export function parseAudience (value: unknown, hosts: PumpioHosts): PumpioAudience {
  if (value === 'followers' || value === 'public') return value
  const people: unknown[] = Array.isArray(value) ? value : []
  const accounts = people.map((each) => canonical(each, hosts)).filter((account) => account !== undefined)
  if (accounts.length > 0 && accounts.length === people.length) return accounts
  throw malformed('audience is neither followers nor public nor accounts like nick@host')
}

function canonical (value: unknown, hosts: PumpioHosts): string | undefined {
  try {
    return typeof value === 'string' ? accountText(hosts.parseAccount(value)) : undefined
  } catch {
    return undefined
  }
}

function malformed (reason: string): ProviderError {
  return new ProviderError({ kind: 'malformed', reason }, 'pump.io')
}
