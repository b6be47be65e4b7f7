import type { Clock } from '../../kit/clock.ts'
import { randomKey, randomSecret } from './random-token.ts'

export interface RequestToken {
  token: string
  secret: string
  clientId: string
  /** `oob`, or where the browser is sent. */
  callback: string
  verifier: string
  askedMs: number
  /** Who has logged in over it. */
  nickname?: string
  /** Whether the Authorize button was pressed, or did not need to be. */
  isApproved?: boolean
  isUsed?: boolean
}

export interface AccessToken {
  token: string
  secret: string
  clientId: string
  nickname: string
}

export interface Tokens {
  request: (clientId: string, callback: string) => RequestToken
  requestToken: (token: string) => RequestToken | undefined
  /** Drops what this client asked for more than ten minutes ago. Nothing else ever does. */
  cleanRequestTokens: (clientId: string) => void
  /** The pair of this client and user: a second authorization gives the first one's again. */
  grant: (clientId: string, nickname: string) => AccessToken
  hasGranted: (clientId: string, nickname: string) => boolean
  accessToken: (token: string) => AccessToken | undefined
  /** Ends the access tokens of one user, or of all; says how many. */
  revoke: (nickname?: string) => number
  reset: () => void
}

const REQUEST_TOKEN_LIFETIME_MS = 600_000

export function createTokens (clock: Clock): Tokens {
  const requestTokens = new Map<string, RequestToken>()
  const accessTokens = new Map<string, AccessToken>()
  const granted = new Map<string, AccessToken>()
  const pairOf = (clientId: string, nickname: string): string => `${clientId} ${nickname}`

  return {
    request (clientId, callback) {
      const pair = { token: randomKey(), secret: randomSecret() }
      const token = { ...pair, verifier: randomKey(), clientId, callback, askedMs: clock.nowMs() }
      requestTokens.set(token.token, token)
      return token
    },

    requestToken: (token) => requestTokens.get(token),

    cleanRequestTokens (clientId) {
      for (const { token, clientId: owner, askedMs } of requestTokens.values()) {
        if (owner === clientId && clock.nowMs() - askedMs > REQUEST_TOKEN_LIFETIME_MS) requestTokens.delete(token)
      }
    },

    grant (clientId, nickname) {
      const known = granted.get(pairOf(clientId, nickname))
      if (known !== undefined) return known
      const token = { token: randomKey(), secret: randomSecret(), clientId, nickname }
      accessTokens.set(token.token, token)
      granted.set(pairOf(clientId, nickname), token)
      return token
    },

    hasGranted: (clientId, nickname) => granted.has(pairOf(clientId, nickname)),

    accessToken: (token) => accessTokens.get(token),

    revoke (nickname) {
      let revoked = 0
      for (const { token, clientId, nickname: owner } of accessTokens.values()) {
        if (nickname !== undefined && owner !== nickname) continue
        accessTokens.delete(token)
        granted.delete(pairOf(clientId, owner))
        revoked++
      }
      return revoked
    },

    reset () {
      requestTokens.clear()
      accessTokens.clear()
      granted.clear()
    }
  }
}
