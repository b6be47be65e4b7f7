import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Clients } from './clients.ts'
import { fieldsOf, textOf } from '../http/fields.ts'
import { queryOf } from './oauth-parameters.ts'
import { approvalPage, declinedPage, finishedPage, frontPage, loginPage, messagePage } from './pages.ts'
import type { Sessions } from './sessions.ts'
import type { RequestToken, Tokens } from './tokens.ts'
import { nicknameIn, PASSWORD } from '../store/users.ts'
import type { Users } from '../store/users.ts'
import type { User } from '../store/model.ts'

export interface Doors {
  clients: Clients
  tokens: Tokens
  users: Users
  sessions: Sessions
}

interface Login {
  token: string
  username: string
  password: unknown
}

const DEFAULT_ACCOUNT = 'alice'

/** Login, approval, and the way back. Whoever declines closes the page: nobody hears of it. */
export function authorizeRoutes (app: FastifyInstance, { clients, tokens, users, sessions }: Doors): void {
  app.get('/oauth/authorize', async (request, reply) => {
    const { oauth_token: token, auto, account } = queryOf(request.url)
    if (typeof token !== 'string' || token === '') return page(reply, 400, messagePage('Error', 'Must provide an oauth_token'))
    const asked = tokens.requestToken(token)
    if (asked === undefined) return page(reply, 400, messagePage('Error', `No such 'requesttoken' with id '${token}'`))
    if (clients.get(asked.clientId) === undefined) return page(reply, 400, messagePage('Error', `No such 'client' with id '${asked.clientId}'`))
    if (auto !== undefined) return decide(reply, asked, textOf(auto), textOf(account) ?? DEFAULT_ACCOUNT)

    const user = sessions.userOf(request)
    if (user === undefined) return page(reply, 200, loginPage(asked.token, nicknameIn(textOf(account) ?? DEFAULT_ACCOUNT)))
    if (!logIn(asked, user)) return page(reply, 400, messagePage('Error', 'Token already associated with a different user'))
    return askOrReturn(reply, asked, user)
  })

  app.post('/oauth/authorize', async (request, reply) => {
    const { oauth_token: token, verifier, username, password } = fieldsOf(request.body)
    if (verifier === undefined) return handleLogin(reply, { token: textOf(token) ?? '', username: textOf(username) ?? '', password })
    const asked = tokens.requestToken(textOf(token) ?? '')
    // pump.io's engine reads on where there is nothing and dies of it; what is left for the browser is a 500.
    if (asked === undefined || asked.verifier !== verifier) throw new TypeError('Cannot read property \'token\' of null')
    asked.isApproved = true
    return giveBack(reply, asked, 303)
  })

  app.get('/', async (request, reply) => page(reply, 200, frontPage(sessions.userOf(request)?.nickname)))

  app.get('/try', async (_request, reply) => {
    const { token } = tokens.request(clients.ours().id, 'oob')
    return reply.redirect(`/oauth/authorize?oauth_token=${token}`)
  })

  app.post('/main/logout', async (request, reply) => {
    sessions.close(request)
    return reply.redirect('/', 303)
  })

  function handleLogin (reply: FastifyReply, { token, username, password }: Login): FastifyReply {
    const asked = tokens.requestToken(token)
    const user = password === PASSWORD && asked !== undefined ? users.open(username) : undefined
    if (user === undefined || asked === undefined || !logIn(asked, user)) {
      // Whatever is wrong, the engine calls it this, and pump.io's "Incorrect username or password." is never reached.
      return page(reply, 400, loginPage(token, username, 'internal error'))
    }
    sessions.open(reply, user)
    return askOrReturn(reply, asked, user)
  }

  /** A request token belongs to whoever logged in over it first. */
  function logIn (asked: RequestToken, { nickname }: User): boolean {
    asked.nickname ??= nickname
    return asked.nickname === nickname
  }

  function askOrReturn (reply: FastifyReply, asked: RequestToken, { nickname }: User): FastifyReply {
    if (!tokens.hasGranted(asked.clientId, nickname)) {
      const application = clients.get(asked.clientId)?.title ?? '(Unknown)'
      return page(reply, 200, approvalPage(asked.token, asked.verifier, nickname, application))
    }
    asked.isApproved = true
    return giveBack(reply, asked, 302)
  }

  /** For programs: the account logs in and presses the button, or looks away. */
  function decide (reply: FastifyReply, asked: RequestToken, decision: string | undefined, account: string): FastifyReply {
    if (decision === 'deny') return page(reply, 200, declinedPage())
    if (decision !== 'allow') return page(reply, 400, messagePage('Error', 'A decision is either “allow” or “deny”.'))
    const user = users.open(nicknameIn(account))
    if (user === undefined) return page(reply, 400, messagePage('Error', `Bad nickname: '${nicknameIn(account)}'`))
    if (!logIn(asked, user)) return page(reply, 400, messagePage('Error', 'Token already associated with a different user'))
    asked.isApproved = true
    return giveBack(reply, asked, tokens.hasGranted(asked.clientId, user.nickname) ? 302 : 303)
  }
}

function giveBack (reply: FastifyReply, { token, verifier, callback }: RequestToken, status: 302 | 303): FastifyReply {
  if (callback === 'oob') return page(reply, 200, finishedPage(token, verifier))
  const joint = callback.includes('?') ? '&' : '?'
  return reply.redirect(`${callback}${joint}oauth_token=${token}&oauth_verifier=${verifier}`, status)
}

function page (reply: FastifyReply, status: number, text: string): FastifyReply {
  reply.headers({ 'content-type': 'text/html; charset=utf-8', 'x-frame-options': 'DENY', 'cache-control': 'no-store' })
  return reply.code(status).send(text)
}
