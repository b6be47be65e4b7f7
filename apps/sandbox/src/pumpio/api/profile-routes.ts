import type { FastifyInstance } from 'fastify'
import { fieldsOf } from '../http/fields.ts'
import { HttpError } from '../http/http-error.ts'
import type { Authenticate } from '../oauth/authenticate.ts'
import { messagePage } from '../oauth/pages.ts'
import type { Tokens } from '../oauth/tokens.ts'
import { isNickname } from '../store/users.ts'
import type { Users } from '../store/users.ts'
import { originOf } from './discovery.ts'
import { showPerson } from './show.ts'

export interface ProfileRoutes {
  users: Users
  tokens: Tokens
  authenticate: Authenticate
}

/** Sign-up through an application, and the profile pages. */
export function profileRoutes (app: FastifyInstance, { users, tokens, authenticate }: ProfileRoutes): void {
  app.post('/api/users', async (request) => {
    const client = authenticate.client(request)
    const { nickname, password } = fieldsOf(request.body)
    if (typeof nickname !== 'string' || !isNickname(nickname)) throw new HttpError(400, `Bad nickname: '${String(nickname)}'`)
    if (!isPassword(password)) throw new HttpError(400, 'Bad password')
    if (users.get(nickname) !== undefined) throw new HttpError(409, `Already have a(n) 'user' with id '${nickname}'`)
    const user = users.openNamed(nickname)
    if (user === undefined) throw new HttpError(400, `Bad nickname: '${nickname}'`)
    const { token, secret } = tokens.grant(user.account, client.id)
    const profile = showPerson(user, { viewer: user, origin: originOf(request) })
    return { nickname, published: user.published, updated: user.published, profile, token, secret }
  })

  app.get<{ Params: { nickname: string } }>('/:nickname', async (request, reply) => {
    const user = users.get(request.params.nickname)
    if (user === undefined) throw new HttpError(404, `No such 'user' with id '${request.params.nickname}'`)
    return reply.type('text/html; charset=utf-8').send(messagePage(user.nickname, user.account))
  })
}

/** The chosen password is ignored: every user logs in with the sandbox's password. */
function isPassword (password: unknown): boolean {
  return typeof password === 'string' && password.length >= 8 && !/^([a-z]+|[0-9]+)$/i.test(password)
}
