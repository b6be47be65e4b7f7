import type { Clock } from '../../kit/clock.ts'
import { createGrantStore } from '../../kit/oauth/grant-store.ts'
import type { Grant, GrantStore } from '../../kit/oauth/grant-store.ts'
import { randomKey, randomSecret } from './random-token.ts'

export interface RequestToken {
  token: string
  secret: string
  clientId: string
  /** `oob`, or where the browser goes. */
  callback: string
  verifier: string
  issuedMs: number
  /** The account that has logged in with it. */
  account?: string
  /** Whether the user pressed Authorize, or did not need to. */
  isApproved?: boolean
  isUsed?: boolean
}

export type AccessToken = Grant<{ secret: string }>

export interface Tokens {
  access: GrantStore<{ secret: string }>
  request: (clientId: string, callback: string) => RequestToken
  requestToken: (token: string) => RequestToken | undefined
  /** Deletes this client's request tokens of more than ten minutes ago. Nothing else deletes them. */
  cleanRequestTokens: (clientId: string) => void
  find: (account: string, clientId: string) => AccessToken | undefined
  /** A second authorization returns the same token. */
  grant: (account: string, clientId: string) => { token: string, secret: string }
  reset: () => void
}

const REQUEST_TOKEN_LIFETIME_MS = 600_000

/** The tokens of OAuth 1.0a. Access tokens do not expire. */
export function createTokens (clock: Clock): Tokens {
  const requestTokens = new Map<string, RequestToken>()
  const access = createGrantStore<{ secret: string }>({ clock, createToken: randomKey })

  const self: Tokens = {
    access,

    request (clientId, callback) {
      const pair = { token: randomKey(), secret: randomSecret() }
      const token = { ...pair, verifier: randomKey(), clientId, callback, issuedMs: clock.nowMs() }
      requestTokens.set(token.token, token)
      return token
    },

    requestToken: (token) => requestTokens.get(token),

    cleanRequestTokens (clientId) {
      for (const { token, clientId: owner, issuedMs } of requestTokens.values()) {
        if (owner === clientId && clock.nowMs() - issuedMs > REQUEST_TOKEN_LIFETIME_MS) requestTokens.delete(token)
      }
    },

    find: (account, clientId) => [...access.list(account)].find((grant) => grant.clientId === clientId),

    grant (account, clientId) {
      const { accessToken, details } = self.find(account, clientId) ?? access.issue(account, clientId, { secret: randomSecret() })
      return { token: accessToken, secret: details.secret }
    },

    reset () {
      requestTokens.clear()
      access.reset()
    }
  }
  return self
}
