import { errors, jwtVerify, SignJWT } from 'jose'
import type { Vault } from '@carillon/shared/vault'

const issuer = 'carillon'
const audience = 'carillon-api'

/** Whom a token speaks for: Carillon's ids of a user, and of the team that was chosen for them, if one was. */
export interface TokenSubject {
  userId: string
  /** Says nothing of who is in the team: that is looked up at each request. */
  teamId?: string | undefined
}

export interface UserTokens {
  issue: (subject: TokenSubject, expiresInSeconds: number) => Promise<{ token: string, expiresAt: Date }>
  /** Undefined when the token is not ours, is changed, or is over. */
  verify: (token: string) => Promise<TokenSubject | undefined>
}

/** Short-lived bearers for one user. The vault's first key signs, every key verifies: keys can be changed under way. */
export function createUserTokens (vault: Vault, now: () => number): UserTokens {
  const secrets = vault.derive('user-token')
  return {
    issue: async ({ userId, teamId }, expiresInSeconds) => {
      const issuedAt = Math.floor(now() / 1000)
      const expiresAt = issuedAt + expiresInSeconds
      const token = await new SignJWT(teamId === undefined ? {} : { team: teamId }).setProtectedHeader({ alg: 'HS256' })
        .setIssuer(issuer).setAudience(audience).setSubject(userId).setIssuedAt(issuedAt).setExpirationTime(expiresAt)
        .sign(secrets[0])
      return { token, expiresAt: new Date(expiresAt * 1000) }
    },
    verify: async (token) => {
      for (const secret of secrets) {
        const subject = await subjectOf(token, secret, new Date(now()))
        if (subject !== undefined) return subject
      }
    }
  }
}

async function subjectOf (token: string, secret: Buffer, currentDate: Date): Promise<TokenSubject | undefined> {
  try {
    const { payload: { sub, team } } = await jwtVerify(token, secret, {
      algorithms: ['HS256'], issuer, audience, currentDate, requiredClaims: ['sub', 'exp']
    })
    return sub === undefined ? undefined : { userId: sub, teamId: typeof team === 'string' ? team : undefined }
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}
