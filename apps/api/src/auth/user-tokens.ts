import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose'
import type { VaultKey } from '@carillon/shared/vault'
import type { Services } from '../services.ts'

const issuer = 'carillon'
const audience = 'carillon-api'

/** The subject of a token: Carillon's ids of the user, and of the team that was chosen, if any. */
interface TokenSubject {
  userId: string
  /** The user's `tokenGeneration` when the token was issued. */
  generation: number
  /** The membership is not part of the token. Each request checks it. */
  teamId?: string | undefined
  /** Where the user goes back to. It was a URL of the site when the token was issued. */
  returnTo?: string | undefined
}

export interface UserTokens {
  issue: (subject: TokenSubject, expiresInSeconds: number) => Promise<{ token: string, expiresAt: Date }>
  /** Undefined when the token is invalid or has expired. */
  verify: (token: string) => Promise<TokenSubject | undefined>
}

/** Short-lived bearer tokens for one user. The first key signs, and all keys verify, so that keys can be rotated. */
export function createUserTokens ({ userTokenKeys, now }: Pick<Services, 'userTokenKeys' | 'now'>): UserTokens {
  const [signing] = userTokenKeys
  return {
    issue: async ({ userId, generation, teamId, returnTo }, expiresInSeconds) => {
      const issuedAt = Math.floor(now() / 1000)
      const expiresAt = issuedAt + expiresInSeconds
      const claims = {
        gen: generation, ...teamId !== undefined && { team: teamId }, ...returnTo !== undefined && { return_to: returnTo }
      }
      const token = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: signing.id })
        .setIssuer(issuer).setAudience(audience).setSubject(userId).setIssuedAt(issuedAt).setExpirationTime(expiresAt)
        .sign(signing.secret)
      return { token, expiresAt: new Date(expiresAt * 1000) }
    },
    verify: async (token) => {
      for (const { secret } of keysFor(token, userTokenKeys)) {
        const subject = await subjectOf(token, secret, new Date(now()))
        if (subject !== undefined) return subject
      }
    }
  }
}

/** The key that the token names. Earlier versions issued tokens that name none. */
function keysFor (token: string, keys: VaultKey[]): VaultKey[] {
  const kid = keyIdOf(token)
  return kid === undefined ? keys : keys.filter(({ id }) => id === kid)
}

function keyIdOf (token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).kid
  } catch {
    return undefined
  }
}

async function subjectOf (token: string, secret: Buffer, currentDate: Date): Promise<TokenSubject | undefined> {
  try {
    const { payload: { sub, gen, team, return_to: returnTo } } = await jwtVerify(token, secret, {
      algorithms: ['HS256'], issuer, audience, currentDate, requiredClaims: ['sub', 'exp']
    })
    // Earlier versions issued tokens without a generation.
    const generation = typeof gen === 'number' ? gen : 0
    return sub === undefined ? undefined : { userId: sub, generation, teamId: textOf(team), returnTo: textOf(returnTo) }
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}

function textOf (claim: unknown): string | undefined {
  return typeof claim === 'string' ? claim : undefined
}
