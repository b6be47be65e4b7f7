import type { Clock } from '../../kit/clock.ts'
import { createGrantStore } from '../../kit/oauth/grant-store.ts'
import type { Grant } from '../../kit/oauth/grant-store.ts'
import { createRefreshCounts } from '../../kit/oauth/refresh-counts.ts'
import type { RefreshCount } from '../../kit/oauth/refresh-counts.ts'
import { randomText } from '../../kit/random-text.ts'
import { stateValue } from '../../kit/state/state-part.ts'
import type { StatePart } from '../../kit/state/state-part.ts'
import { tokenError } from '../graph/graph-error.ts'
import type { GraphError } from '../graph/graph-error.ts'
import type { Person } from '../people.ts'
import { CLIENT } from './client.ts'
import { tokenEnded } from './token-end.ts'
import type { TokenEnd } from './token-end.ts'

/** Facebook documents "hours" for the token of a code. */
export const SHORT_SECONDS = 7200
export const LONG_SECONDS = 5_183_944
export const DATA_ACCESS_SECONDS = 90 * 86_400

interface TokenDetails {
  readonly person: Person
  readonly isLong: boolean
  /** When access to data ends, counted from the consent. */
  readonly dataAccessEndsMs: number
  /** Why the token ended before it expired. */
  end?: TokenEnd
}

export type Token = Grant<TokenDetails>

export interface Tokens {
  issue: (person: Person, isLong: boolean) => Token
  /** Issues a long-lived token for a valid one. It counts as a refresh if that one is long-lived too. Throws GraphError. */
  exchange: (text: string) => Token
  /** Also finds invalid tokens. */
  find: (text: string) => Token | undefined
  /** Throws GraphError if the token is unknown or invalid. */
  getValid: (text: string) => Token
  /** Also throws GraphError if access to data has ended. */
  getReadable: (text: string) => Token
  /** Issues a token of the app itself. */
  issueApp: () => string
  isApp: (text: string) => boolean
  /** Ends the valid tokens of one person or of all. Returns the number of people. */
  end: (end: TokenEnd, account?: string) => number
  refreshes: (account?: string) => RefreshCount[]
  state: Record<string, StatePart>
  reset: () => void
}

export function createTokens (clock: Clock): Tokens {
  const grants = createGrantStore<TokenDetails>({ clock, createToken: () => `EAA${randomText(120)}` })
  const counts = createRefreshCounts()
  const appTokens = new Set<string>()

  const self: Tokens = {
    issue (person, isLong) {
      const details = { person, isLong, dataAccessEndsMs: person.consentMs + DATA_ACCESS_SECONDS * 1000 }
      return grants.issue(person.account, CLIENT.id, details, isLong ? LONG_SECONDS : SHORT_SECONDS)
    },

    exchange (text) {
      const old = grants.byAccessToken(text)
      try {
        const { account, details: { person, isLong } } = self.getValid(text)
        if (isLong) counts.countRefresh(account)
        return self.issue(person, true)
      } catch (error) {
        if (old !== undefined) counts.countRefused(old.account)
        throw error
      }
    },

    find: grants.byAccessToken,

    getValid (text) {
      const token = grants.byAccessToken(text)
      if (token === undefined) throw tokenError('Invalid OAuth access token - Cannot parse access token')
      const error = errorOf(token, clock.nowMs())
      if (error !== undefined) throw error
      return token
    },

    getReadable (text) {
      const token = self.getValid(text)
      if (token.details.dataAccessEndsMs <= clock.nowMs()) throw tokenEnded(493, 0, 0)
      return token
    },

    issueApp () {
      const text = `${CLIENT.id}|${randomText(27)}`
      appTokens.add(text)
      return text
    },

    isApp: (text) => text === `${CLIENT.id}|${CLIENT.secret}` || appTokens.has(text),

    end (end, account) {
      const ended = new Set<string>()
      for (const token of grants.list(account)) {
        if (errorOf(token, clock.nowMs()) !== undefined) continue
        ended.add(token.account)
        if (end === 463) token.accessExpiresMs = clock.nowMs()
        else token.details.end = end
      }
      return ended.size
    },

    refreshes: counts.list,

    state: {
      grants,
      appTokens: stateValue(() => appTokens, (saved) => { for (const token of saved) appTokens.add(token) })
    },

    reset () {
      grants.reset()
      counts.reset()
      appTokens.clear()
    }
  }
  return self
}

/** Undefined while the token is valid. */
export function errorOf ({ accessExpiresMs, details: { end } }: Token, nowMs: number): GraphError | undefined {
  if (end !== undefined) return tokenEnded(end, accessExpiresMs, nowMs)
  return accessExpiresMs <= nowMs ? tokenEnded(463, accessExpiresMs, nowMs) : undefined
}
