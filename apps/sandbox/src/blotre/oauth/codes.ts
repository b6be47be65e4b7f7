import type { Clock } from '../../kit/clock.ts'
import { randomToken } from './random-tokens.ts'
import type { Member } from '../store/users.ts'

const LIFETIME_MS = 3_600_000

/** Codes of the redirect, for the registered client. */
export interface Codes {
  /** The user's code from before, if any, stops existing. */
  issue: (member: Member, redirectUri: string) => string
  /** Who granted it, as long as it lives and the redirect is its own. */
  find: (code: string, redirectUri: string) => Member | undefined
  use: (code: string) => void
  reset: () => void
}

export function createCodes (clock: Clock): Codes {
  const codes = new Map<string, { member: Member, redirectUri: string, issuedMs: number }>()
  const latest = new Map<Member, string>()

  return {
    issue (member, redirectUri) {
      codes.delete(latest.get(member) ?? '')
      const code = randomToken()
      codes.set(code, { member, redirectUri, issuedMs: clock.nowMs() })
      latest.set(member, code)
      return code
    },

    find (code, redirectUri) {
      const found = codes.get(code)
      const isAlive = found !== undefined && clock.nowMs() - found.issuedMs < LIFETIME_MS
      return isAlive && found.redirectUri === redirectUri ? found.member : undefined
    },

    use: (code) => { codes.delete(code) },

    reset () {
      codes.clear()
      latest.clear()
    }
  }
}
