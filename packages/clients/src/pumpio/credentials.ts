import { isObject, ProviderError } from '@carillon/http'
import type { PumpioHosts } from './account.ts'
import { accountText } from './account.ts'
import { isSecretText } from './classify.ts'

/** Who sees what is sent: everybody who follows the account, everybody, or the named `nick@host`. */
export type PumpioAudience = 'followers' | 'public' | readonly string[]

/**
 * They hold the client they were made for: a token works with no other, and must go on working when the host gets a new
 * registration. Tokens never expire and cannot be refreshed or revoked.
 */
export interface PumpioCredentials {
  /** `nick@host`, the host with its port unless that is the default one. */
  account: string
  accessToken: string
  accessTokenSecret: string
  clientId: string
  clientSecret: string
  /** Without it: whom the configuration names. */
  audience?: PumpioAudience
}

/** Throws ProviderError `malformed` when they are none of ours. */
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

/** Throws ProviderError `malformed`. */
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
