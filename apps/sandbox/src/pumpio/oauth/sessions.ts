import type { FastifyReply, FastifyRequest } from 'fastify'
import type { User } from '../store/model.ts'
import { randomKey } from './random-token.ts'

/** The logged-in browsers. */
export interface Sessions {
  open: (reply: FastifyReply, user: User) => void
  userOf: (request: FastifyRequest) => User | undefined
  close: (request: FastifyRequest) => void
  reset: () => void
}

// pump.io's name with a suffix, since all ports of a host share their cookies.
const COOKIE = 'connect.sid.pumpio'

export function createSessions (): Sessions {
  const users = new Map<string, User>()
  return {
    open (reply, user) {
      const id = randomKey()
      users.set(id, user)
      reply.header('set-cookie', `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Lax`)
    },
    userOf: (request) => users.get(idOf(request)),
    close: (request) => { users.delete(idOf(request)) },
    reset: () => { users.clear() }
  }
}

function idOf ({ headers: { cookie = '' } }: FastifyRequest): string {
  const pair = cookie.split(/; */).find((each) => each.startsWith(`${COOKIE}=`))
  return pair?.slice(COOKIE.length + 1) ?? ''
}
