import type { FastifyReply, FastifyRequest } from 'fastify'
import { randomKey } from './random-token.ts'
import type { User } from '../store/model.ts'

/** Who is logged in with which browser. */
export interface Sessions {
  open: (reply: FastifyReply, user: User) => void
  userOf: (request: FastifyRequest) => User | undefined
  close: (request: FastifyRequest) => void
  reset: () => void
}

// pump.io's own name for it, with a suffix: cookies know no ports, and everything local may be on one host.
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
