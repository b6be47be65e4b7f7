import { isObject, isText, ProviderError } from '@carillon/http'
import type { Account, Tokens } from '../credentials.ts'
import { parseTokens } from '../oauth2/refresh-tokens.ts'

export interface ServiceCredentials extends Tokens {
  refreshToken?: string
  /** The account when it was connected. Absent in imported credentials. */
  account?: Pick<Account, 'id' | 'name'>
  /** The `sub` of the id_token. A refreshed one must have the same (OpenID Connect Core §12.2). */
  subject?: string
}

/** Throws ProviderError `malformed` for invalid credentials. */
export function parseServiceCredentials (value: unknown, host: string): ServiceCredentials {
  const { account, subject } = isObject(value) ? value : {}
  const { id, name } = isObject(account) ? account : {}
  return {
    ...parseTokens(value, host),
    ...isText(id) && isText(name) && { account: { id, name } },
    ...isText(subject) && { subject }
  }
}

/** The account that the credentials contain. Throws ProviderError for imported ones without it. */
export function accountIn ({ account }: ServiceCredentials, host: string): Account {
  if (account === undefined) throw new ProviderError({ kind: 'rejected', reason: 'the service names the account only when a user connects' }, host)
  return account
}
