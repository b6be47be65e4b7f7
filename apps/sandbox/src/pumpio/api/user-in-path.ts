import type { FastifyRequest } from 'fastify'
import { HttpError, noSuchThing } from '../http/http-error.ts'
import type { User } from '../store/model.ts'
import type { Users } from '../store/users.ts'

export type Nickname = { Params: { nickname: string } }

/** The user whom the path names. Throws HttpError. */
export function userInPath ({ params: { nickname } }: FastifyRequest<Nickname>, users: Users): User {
  const user = users.get(nickname)
  if (user === undefined) throw new HttpError(404, noSuchThing('user', nickname))
  return user
}

/** For routes that a user may call only for oneself. Throws HttpError. */
export function assertSelf (user: User, request: FastifyRequest<Nickname>, users: Users): User {
  if (user !== userInPath(request, users)) throw new HttpError(401, 'Not authorized')
  return user
}
