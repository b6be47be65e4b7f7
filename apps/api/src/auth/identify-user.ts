import { findUser } from '@carillon/shared/users'
import type { User } from '@carillon/shared/users'
import type { Services } from '../services.ts'
import { createUserTokens } from './user-tokens.ts'

/** A user, by a token of theirs. */
export interface UserCaller {
  kind: 'user'
  user: User
  /** The generation of the token. */
  generation: number
  /** The team of the token, if any. */
  teamId: string | undefined
  /** The return URL of the token, if any. */
  returnTo: string | undefined
}

/** Returns a function that finds the user of a token, or says why the token is refused. */
export function createUserIdentifier (
  { database, ...services }: Services
): (token: string) => Promise<UserCaller | 'invalid' | 'revoked'> {
  const tokens = createUserTokens(services)
  return async (token) => {
    const subject = await tokens.verify(token)
    const user = subject === undefined ? undefined : await findUser(database, subject.userId)
    if (subject === undefined || user === undefined) return 'invalid'
    if (subject.generation < user.tokenGeneration) return 'revoked'
    return { kind: 'user', user, generation: subject.generation, teamId: subject.teamId, returnTo: subject.returnTo }
  }
}
