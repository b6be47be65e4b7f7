import type { Clock } from '../clock.ts'
import { randomText } from '../random-text.ts'

// RFC 6749 §4.1.2 recommends ten minutes at most.
const DEFAULT_LIFETIME_MS = 600_000

interface Code {
  readonly account: string
  readonly redirectUri: string
  readonly issuedMs: number
  isUsed: boolean
}

/** Authorization codes. */
export interface CodeStore {
  issue: (account: string, redirectUri: string) => string
  /** Also finds used and expired codes, since some services name the difference. */
  find: (code: string) => Code | undefined
  isExpired: (code: Code) => boolean
  /** Uses a valid code; undefined when the code is unknown, used or expired. */
  redeem: (code: string) => Code | undefined
  reset: () => void
}

export interface CodeStoreOptions {
  clock: Clock
  lifetimeMs?: number
  createCode?: () => string
  /** A new code of an account invalidates its previous one. */
  keepsLatestOnly?: boolean
}

export function createCodeStore (
  { clock, lifetimeMs = DEFAULT_LIFETIME_MS, createCode = () => randomText(32), keepsLatestOnly = false }: CodeStoreOptions
): CodeStore {
  const codes = new Map<string, Code>()
  const latest = new Map<string, string>()

  const self: CodeStore = {
    issue (account, redirectUri) {
      const code = createCode()
      if (keepsLatestOnly) {
        codes.delete(latest.get(account) ?? '')
        latest.set(account, code)
      }
      codes.set(code, { account, redirectUri, issuedMs: clock.nowMs(), isUsed: false })
      return code
    },

    find: (code) => codes.get(code),
    isExpired: ({ issuedMs }) => clock.nowMs() - issuedMs >= lifetimeMs,

    redeem (code) {
      const found = codes.get(code)
      if (found === undefined || found.isUsed || self.isExpired(found)) return undefined
      found.isUsed = true
      return found
    },

    reset () {
      codes.clear()
      latest.clear()
    }
  }
  return self
}
