import { createCodeStore } from '../kit/oauth/code-store.ts'
import type { CodeStore } from '../kit/oauth/code-store.ts'
import { createGrantStore } from '../kit/oauth/grant-store.ts'
import type { Grant, GrantStore } from '../kit/oauth/grant-store.ts'
import type { SandboxServices } from '../kit/simulator.ts'
import { StateMap } from '../kit/state/state-part.ts'
import { client, provider } from './client.ts'
import { defaultQuirks } from './quirks.ts'
import type { Quirks } from './quirks.ts'
import { createSigningKeys } from './signing-keys.ts'
import type { SigningKeys } from './signing-keys.ts'

/** What a person granted. All tokens that come from it are one family. */
export interface Authorization {
  issuer: string
  scope: string
  challenge: string | undefined
  nonce: string | undefined
}

/** The state of the authorization server. */
export interface Board {
  quirks: Quirks
  keys: SigningKeys
  codes: CodeStore
  grants: GrantStore
  /** By code. */
  authorizations: Map<string, Authorization>
  /** By refresh token, used ones included. */
  families: StateMap<string, Authorization>
  issue: (account: string, authorization: Authorization) => Grant
  rotate: (grant: Grant, authorization: Authorization) => Grant
  endFamily: (authorization: Authorization) => void
  signIdToken: (account: string, authorization: Authorization) => string
  reset: () => void
}

const slowMs = 2 * 60 * 60 * 1_000
const idTokenSeconds = 3_600

export function createBoard ({ clock }: SandboxServices): Board {
  const quirks = { ...defaultQuirks }
  const keys = createSigningKeys()
  const codes = createCodeStore({ clock })
  const grants = createGrantStore({ clock, accessSeconds: 3_600, refreshSeconds: 30 * 86_400 })
  const authorizations = new Map<string, Authorization>()
  const families = new StateMap<string, Authorization>()

  return {
    quirks,
    keys,
    codes,
    grants,
    authorizations,
    families,

    issue (account, authorization) {
      const grant = grants.issue(account, client.id, undefined)
      if (grant.refreshToken !== undefined) families.set(grant.refreshToken, authorization)
      return grant
    },

    rotate (grant, authorization) {
      // With a refresh token that stays valid, the access tokens before this one stay valid too.
      if (!quirks.keepsRefreshToken) grants.remove(grant)
      const next = grants.refresh(grant)
      if (next.refreshToken !== undefined) families.set(next.refreshToken, authorization)
      return next
    },

    endFamily (authorization) {
      for (const grant of [...grants.list()]) {
        if (grant.refreshToken !== undefined && families.get(grant.refreshToken) === authorization) grants.remove(grant)
      }
    },

    signIdToken (account, { issuer, nonce }) {
      const issuedAt = Math.floor((clock.nowMs() - (quirks.clockIsSlow ? slowMs : 0)) / 1_000)
      return keys.sign({
        iss: issuer,
        sub: subjectOf(account),
        aud: client.id,
        iat: issuedAt,
        exp: issuedAt + idTokenSeconds,
        ...nonce !== undefined && !quirks.omitsNonce && { nonce: quirks.sendsWrongNonce ? 'another' : nonce }
      }, { isUnpublished: quirks.signsWithUnknownKey })
    },

    reset () {
      Object.assign(quirks, defaultQuirks)
      for (const part of [codes, grants, keys]) part.reset()
      for (const map of [authorizations, families]) map.clear()
    }
  }
}

export function subjectOf (account: string): string {
  return `${provider}|${account}`
}
