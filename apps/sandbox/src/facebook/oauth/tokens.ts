import type { Clock } from '../../kit/clock.ts'
import { randomText } from '../../kit/random-text.ts'
import type { RefreshCount } from '../../kit/simulator.ts'
import { CLIENT } from './client.ts'
import { GraphError, tokenError } from '../graph/graph-error.ts'
import type { Person } from '../people.ts'
import type { TokenEnd } from './token-end.ts'
import { tokenEnded } from './token-end.ts'

/** Facebook says no number for what a code brings: hours. */
export const SHORT_SECONDS = 7200
export const LONG_SECONDS = 5_183_944
export const DATA_ACCESS_SECONDS = 90 * 86_400

/** What speaks for a person. */
export interface Token {
  readonly text: string
  readonly person: Person
  readonly isLong: boolean
  readonly issuedMs: number
  expiresMs: number
  /** When access to data ends, counted from the consent that the token goes back to. */
  readonly dataAccessEndsMs: number
  /** What ended it before its time. */
  end?: TokenEnd
}

export interface Tokens {
  issue: (person: Person, isLong: boolean) => Token
  /** A long-lived one for one that lives; counted where that one was long-lived already. Throws GraphError. */
  exchange: (text: string) => Token
  /** Dead ones too. */
  find: (text: string) => Token | undefined
  /** Throws GraphError for a token that is none, or is over. */
  mustLive: (text: string) => Token
  /** The same, and the data must be accessible still. */
  mustRead: (text: string) => Token
  /** Gives the token of the app itself. */
  issueApp: () => string
  isApp: (text: string) => boolean
  /** Ends the living tokens of a person or of all; says of how many people. */
  end: (end: TokenEnd, person?: Person) => number
  refreshes: (account?: string) => RefreshCount[]
  reset: () => void
}

export function createTokens (clock: Clock): Tokens {
  const tokens = new Map<string, Token>()
  const byPerson = new Map<Person, Token[]>()
  const counts = new Map<string, RefreshCount>()
  const appTokens = new Set<string>()

  const self: Tokens = {
    issue (person, isLong) {
      const issuedMs = clock.nowMs()
      const token: Token = {
        text: `EAA${randomText(120)}`,
        person,
        isLong,
        issuedMs,
        expiresMs: issuedMs + (isLong ? LONG_SECONDS : SHORT_SECONDS) * 1000,
        dataAccessEndsMs: person.consentMs + DATA_ACCESS_SECONDS * 1000
      }
      tokens.set(token.text, token)
      const theirs = byPerson.get(person)
      if (theirs === undefined) byPerson.set(person, [token])
      else theirs.push(token)
      return token
    },

    exchange (text) {
      const old = tokens.get(text)
      try {
        const { person, isLong } = self.mustLive(text)
        if (isLong) countOf(person.account).refreshes++
        return self.issue(person, true)
      } catch (error) {
        if (old !== undefined) countOf(old.person.account).refused++
        throw error
      }
    },

    find: (text) => tokens.get(text),

    mustLive (text) {
      const token = tokens.get(text)
      if (token === undefined) throw tokenError('Invalid OAuth access token - Cannot parse access token')
      const error = errorOf(token, clock.nowMs())
      if (error !== undefined) throw error
      return token
    },

    mustRead (text) {
      const token = self.mustLive(text)
      if (token.dataAccessEndsMs <= clock.nowMs()) throw tokenEnded(493, 0, 0)
      return token
    },

    issueApp () {
      const text = `${CLIENT.id}|${randomText(27)}`
      appTokens.add(text)
      return text
    },

    isApp: (text) => text === `${CLIENT.id}|${CLIENT.secret}` || appTokens.has(text),

    end (end, person) {
      let ended = 0
      for (const each of person === undefined ? byPerson.keys() : [person]) {
        const living = (byPerson.get(each) ?? []).filter((token) => errorOf(token, clock.nowMs()) === undefined)
        if (living.length > 0) ended++
        for (const token of living) {
          if (end === 463) token.expiresMs = clock.nowMs()
          else token.end = end
        }
      }
      return ended
    },

    refreshes (account) {
      const asked = account === undefined ? counts.values() : [counts.get(account) ?? { account, refreshes: 0, refused: 0 }]
      return Array.from(asked, (count) => ({ ...count }))
    },

    reset () {
      for (const kept of [tokens, byPerson, counts, appTokens]) kept.clear()
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

/** Undefined while the token lives. */
export function errorOf ({ end, expiresMs }: Token, nowMs: number): GraphError | undefined {
  if (end !== undefined) return tokenEnded(end, expiresMs, nowMs)
  return expiresMs <= nowMs ? tokenEnded(463, expiresMs, nowMs) : undefined
}
