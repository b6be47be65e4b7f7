import type { Clock } from '../clock.ts'
import { randomText } from '../random-text.ts'
import type { TokenKind } from '../simulator.ts'
import { StateMap } from '../state/state-part.ts'
import type { StatePart } from '../state/state-part.ts'
import { createRefreshCounts } from './refresh-counts.ts'
import type { RefreshCount } from './refresh-counts.ts'

/** The access of one client to one account: an access token, and perhaps a refresh token. */
export interface Grant<Details = undefined> {
  readonly account: string
  readonly clientId: string
  readonly accessToken: string
  readonly refreshToken: string | undefined
  readonly issuedMs: number
  accessExpiresMs: number
  refreshExpiresMs: number
  readonly details: Details
}

export interface GrantStore<Details = undefined> extends StatePart {
  issue: (account: string, clientId: string, details: Details, accessSeconds?: number) => Grant<Details>
  /** Both also find expired grants, since some services name the difference. */
  byAccessToken: (token: string) => Grant<Details> | undefined
  byRefreshToken: (token: string) => Grant<Details> | undefined
  isExpired: (grant: Grant<Details>) => boolean
  isRefreshExpired: (grant: Grant<Details>) => boolean
  /** The grants of one account or of all. */
  list: (account?: string) => Iterable<Grant<Details>>
  /** Issues a new grant for an old one, and counts it. */
  refresh: (grant: Grant<Details>) => Grant<Details>
  /** Counts a refused refresh for the account that has or had the token. */
  countRefused: (refreshToken: string) => void
  refreshes: (account?: string) => RefreshCount[]
  /** Expires tokens of one account or of all. Returns the number of grants that had a valid one. */
  expire: (kind: TokenKind, account?: string) => number
  remove: (grant: Grant<Details>) => void
  /** Deletes the grants of one account or of all. Returns their number. */
  revoke: (account?: string) => number
  reset: () => void
}

export interface GrantStoreOptions {
  clock: Clock
  createToken?: (kind: 'access' | 'refresh') => string
  /** Default: access tokens do not expire. */
  accessSeconds?: number
  /** Default: there are no refresh tokens. */
  refreshSeconds?: number
  /** A new grant of an account and client replaces the previous one. */
  keepsLatestOnly?: boolean
}

export function createGrantStore<Details = undefined> (options: GrantStoreOptions): GrantStore<Details> {
  const { clock, createToken = () => randomText(32), accessSeconds = Infinity, refreshSeconds, keepsLatestOnly = false } = options
  const byAccount = new Map<string, Array<Grant<Details>>>()
  const byAccessToken = new StateMap<string, Grant<Details>>()
  const byRefreshToken = new Map<string, Grant<Details>>()
  const counts = createRefreshCounts()
  /** The accounts of deleted refresh tokens: a client that sends one has refreshed twice. */
  const formerAccounts = new Map<string, string>()

  const self: GrantStore<Details> = {
    issue (account, clientId, details, seconds = accessSeconds) {
      const previous = keepsLatestOnly ? byAccount.get(account)?.find((grant) => grant.clientId === clientId) : undefined
      if (previous !== undefined) self.remove(previous)
      const issuedMs = clock.nowMs()
      const grant: Grant<Details> = {
        account,
        clientId,
        accessToken: createToken('access'),
        refreshToken: refreshSeconds === undefined ? undefined : createToken('refresh'),
        issuedMs,
        accessExpiresMs: issuedMs + seconds * 1000,
        refreshExpiresMs: issuedMs + (refreshSeconds ?? 0) * 1000,
        details
      }
      return add(grant)
    },

    byAccessToken: (token) => byAccessToken.get(token),
    byRefreshToken: (token) => byRefreshToken.get(token),
    isExpired: ({ accessExpiresMs }) => accessExpiresMs <= clock.nowMs(),
    isRefreshExpired: ({ refreshExpiresMs }) => refreshExpiresMs <= clock.nowMs(),

    list: (account) => account === undefined ? byAccessToken.values() : byAccount.get(account) ?? [],

    refresh ({ account, clientId, details }) {
      counts.countRefresh(account)
      return self.issue(account, clientId, details)
    },

    countRefused (refreshToken) {
      const account = byRefreshToken.get(refreshToken)?.account ?? formerAccounts.get(refreshToken)
      if (account !== undefined) counts.countRefused(account)
    },

    refreshes: counts.list,

    expire (kind, account) {
      let expired = 0
      for (const grant of self.list(account)) {
        const isValid = (kind !== 'refresh' && !self.isExpired(grant)) || (kind !== 'access' && !self.isRefreshExpired(grant))
        if (isValid) expired++
        if (kind !== 'refresh') grant.accessExpiresMs = grant.issuedMs
        if (kind !== 'access') grant.refreshExpiresMs = grant.issuedMs
      }
      return expired
    },

    remove (grant) {
      const grants = byAccount.get(grant.account) ?? []
      grants.splice(grants.indexOf(grant), 1)
      byAccessToken.delete(grant.accessToken)
      if (grant.refreshToken === undefined) return
      byRefreshToken.delete(grant.refreshToken)
      formerAccounts.set(grant.refreshToken, grant.account)
    },

    revoke (account) {
      const revoked = [...self.list(account)]
      for (const grant of revoked) self.remove(grant)
      return revoked.length
    },

    version: () => byAccessToken.version(),
    save: () => [...byAccessToken.values()],
    load: (saved) => { (saved as Array<Grant<Details>>).forEach(add) },

    reset () {
      for (const part of [byAccount, byAccessToken, byRefreshToken, formerAccounts]) part.clear()
      counts.reset()
    }
  }
  return self

  function add (grant: Grant<Details>): Grant<Details> {
    const grants = byAccount.get(grant.account) ?? []
    grants.push(grant)
    byAccount.set(grant.account, grants)
    byAccessToken.set(grant.accessToken, grant)
    if (grant.refreshToken !== undefined) byRefreshToken.set(grant.refreshToken, grant)
    return grant
  }
}
