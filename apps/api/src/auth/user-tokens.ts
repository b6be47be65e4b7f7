import { errors, jwtVerify, SignJWT } from 'jose'
import type { Vault } from '@carillon/shared/vault'

const issuer = 'carillon'
const audience = 'carillon-api'

export interface UserTokens {
  issue: (userId: string, expiresInSeconds: number) => Promise<{ token: string, expiresAt: Date }>
  /** Carillon's id of the user; undefined when the token is not ours, is changed, or is over. */
  verify: (token: string) => Promise<string | undefined>
}

/** Short-lived bearers for one user. The vault's first key signs, every key verifies: keys can be changed under way. */
export function createUserTokens (vault: Vault, now: () => number): UserTokens {
  const secrets = vault.derive('user-token')
  return {
    issue: async (userId, expiresInSeconds) => {
      const issuedAt = Math.floor(now() / 1000)
      const expiresAt = issuedAt + expiresInSeconds
      const token = await new SignJWT().setProtectedHeader({ alg: 'HS256' })
        .setIssuer(issuer).setAudience(audience).setSubject(userId).setIssuedAt(issuedAt).setExpirationTime(expiresAt)
        .sign(secrets[0])
      return { token, expiresAt: new Date(expiresAt * 1000) }
    },
    verify: async (token) => {
      for (const secret of secrets) {
        const userId = await subjectOf(token, secret, new Date(now()))
        if (userId !== undefined) return userId
      }
    }
  }
}

async function subjectOf (token: string, secret: Buffer, currentDate: Date): Promise<string | undefined> {
  try {
    const { payload } = await jwtVerify(token, secret, {
      algorithms: ['HS256'], issuer, audience, currentDate, requiredClaims: ['sub', 'exp']
    })
    return payload.sub
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}
