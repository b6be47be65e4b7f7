import type { Accounts } from '../../kit/accounts.ts'
import type { Clock } from '../../kit/clock.ts'
import { PROVIDER } from '../oauth/client.ts'
import { randomText } from '../../kit/random-text.ts'
import type { Timestamps } from './timestamps.ts'
import { User } from './user.ts'

/** Who there is, and which token speaks for whom. */
export interface Users {
  /** The account of this name, made when it is new. */
  open: (account: string) => User
  byEmail: (email: string) => User | undefined
  byToken: (token: string) => User | undefined
  all: () => IterableIterator<User>
  /** A new token; the user's older ones go on living. */
  grant: (user: User) => string
  /** Ends every token of an account, or of all; says how many. */
  endTokens: (account?: string) => number
  /** A code for the redirect, to be exchanged once. */
  grantCode: (user: User) => string
  redeemCode: (code: string) => User | undefined
  reset: () => void
}

// No lifetime is documented; RFC 6749 §4.1.2 asks for ten minutes at most.
const CODE_LIFETIME_MS = 600_000

export function createUsers (clock: Clock, accounts: Accounts, timestamps: Timestamps): Users {
  const byAccount = new Map<string, User>()
  const emails = new Map<string, User>()
  const tokens = new Map<string, User>()
  const codes = new Map<string, { user: User, expiresMs: number }>()

  return {
    open (account) {
      const known = byAccount.get(account)
      if (known !== undefined) return known
      const user = new User(account, `uj${byAccount.size.toString(36).padStart(5, '0')}${randomText(3)}`, timestamps)
      byAccount.set(account, user)
      emails.set(user.emailNormalized, user)
      accounts.add(PROVIDER, account)
      return user
    },

    byEmail: (email) => emails.get(email.trim().toLowerCase()),

    byToken: (token) => tokens.get(token),

    all: () => byAccount.values(),

    grant (user) {
      const token = `o.${randomText(32)}`
      tokens.set(token, user)
      user.tokens.push(token)
      return token
    },

    endTokens (account) {
      let ended = 0
      for (const user of account === undefined ? byAccount.values() : [byAccount.get(account)]) {
        if (user === undefined) continue
        for (const token of user.tokens) tokens.delete(token)
        ended += user.tokens.length
        user.tokens = []
      }
      return ended
    },

    grantCode (user) {
      const code = randomText(32)
      codes.set(code, { user, expiresMs: clock.nowMs() + CODE_LIFETIME_MS })
      return code
    },

    redeemCode (code) {
      const grant = codes.get(code)
      codes.delete(code)
      return grant !== undefined && grant.expiresMs > clock.nowMs() ? grant.user : undefined
    },

    reset () {
      byAccount.clear()
      emails.clear()
      tokens.clear()
      codes.clear()
    }
  }
}
