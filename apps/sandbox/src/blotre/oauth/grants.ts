import type { Clock } from '../../kit/clock.ts'
import type { RefreshCount } from '../../kit/simulator.ts'
import { randomToken } from './random-tokens.ts'
import type { Member } from '../store/users.ts'

export const ACCESS_SECONDS = 7200
const REFRESH_SECONDS = 1_209_600

/** The one pair of tokens that a client has for a user. */
export interface Grant {
  readonly clientId: string
  readonly member: Member
  readonly accessToken: string
  readonly refreshToken: string
  readonly issuedMs: number
  /** Zero once it was revoked: the row stays, and its tokens are old from then on. */
  accessSeconds: number
  refreshSeconds: number
}

type Kind = 'access' | 'refresh' | 'both'

export interface Grants {
  /** A new pair. The one that this client had for this user stops existing. */
  issue: (clientId: string, member: Member) => Grant
  /** Expired ones too. */
  byAccessToken: (token: string) => Grant | undefined
  byRefreshToken: (token: string) => Grant | undefined
  /** A new pair for an old one; counted. */
  refresh: (grant: Grant) => Grant
  /** Counts a refresh that was turned away, when the token is or once was somebody's. */
  refuse: (refreshToken: string) => void
  isExpired: (grant: Grant) => boolean
  isRefreshExpired: (grant: Grant) => boolean
  expiresInSeconds: (grant: Grant) => number
  /** Ends the life of tokens, of one account or of all; says of how many grants. */
  end: (kind: Kind, account?: string) => number
  refreshes: (account?: string) => RefreshCount[]
  reset: () => void
}

export function createGrants (clock: Clock): Grants {
  const grants = new Map<string, Grant>()
  const byAccessToken = new Map<string, Grant>()
  const byRefreshToken = new Map<string, Grant>()
  const counts = new Map<string, RefreshCount>()
  /** Whose the refresh tokens were that do not exist any more: behind one of them is a client that refreshed twice. */
  const former = new Map<string, string>()

  const isOver = (issuedMs: number, seconds: number): boolean => clock.nowMs() - issuedMs >= seconds * 1000

  const self: Grants = {
    issue (clientId, member) {
      const key = `${clientId} ${member.user.id}`
      const previous = grants.get(key)
      if (previous !== undefined) {
        byAccessToken.delete(previous.accessToken)
        byRefreshToken.delete(previous.refreshToken)
        former.set(previous.refreshToken, previous.member.user.userName)
      }
      const grant = {
        clientId,
        member,
        accessToken: randomToken(),
        refreshToken: randomToken(),
        issuedMs: clock.nowMs(),
        accessSeconds: ACCESS_SECONDS,
        refreshSeconds: REFRESH_SECONDS
      }
      grants.set(key, grant)
      byAccessToken.set(grant.accessToken, grant)
      byRefreshToken.set(grant.refreshToken, grant)
      return grant
    },

    byAccessToken: (token) => byAccessToken.get(token),
    byRefreshToken: (token) => byRefreshToken.get(token),

    refresh ({ clientId, member }) {
      countOf(member.user.userName).refreshes++
      return self.issue(clientId, member)
    },

    refuse (refreshToken) {
      const account = byRefreshToken.get(refreshToken)?.member.user.userName ?? former.get(refreshToken)
      if (account !== undefined) countOf(account).refused++
    },

    isExpired: ({ issuedMs, accessSeconds }) => isOver(issuedMs, accessSeconds),
    isRefreshExpired: ({ issuedMs, refreshSeconds }) => isOver(issuedMs, refreshSeconds),

    expiresInSeconds ({ issuedMs, accessSeconds }) {
      return Math.max(0, accessSeconds - Math.floor((clock.nowMs() - issuedMs) / 1000))
    },

    end (kind, account) {
      let ended = 0
      for (const grant of grants.values()) {
        if (account !== undefined && grant.member.user.userName !== account) continue
        const isAlive = (kind !== 'refresh' && !self.isExpired(grant)) || (kind !== 'access' && !self.isRefreshExpired(grant))
        if (isAlive) ended++
        if (kind !== 'refresh') grant.accessSeconds = 0
        if (kind !== 'access') grant.refreshSeconds = 0
      }
      return ended
    },

    refreshes (account) {
      const asked = account === undefined ? counts.values() : [counts.get(account) ?? { account, refreshes: 0, refused: 0 }]
      return Array.from(asked, (count) => ({ ...count }))
    },

    reset () {
      for (const map of [grants, byAccessToken, byRefreshToken, counts, former]) map.clear()
    }
  }
  return self

  function countOf (account: string): RefreshCount {
    const known = counts.get(account)
    if (known !== undefined) return known
    const fresh = { account, refreshes: 0, refused: 0 }
    counts.set(account, fresh)
    return fresh
  }
}
