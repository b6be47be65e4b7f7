import type { FastifyInstance, FastifyReply } from 'fastify'
import { sendPage } from '../../kit/pages/service-page.ts'
import { fieldsOf, textOf } from '../http/fields.ts'
import type { User } from '../store/model.ts'
import { nicknameIn, PASSWORD } from '../store/users.ts'
import type { Users } from '../store/users.ts'
import type { Clients } from './clients.ts'
import { queryOf } from './oauth-parameters.ts'
import { approvalPage, declinedPage, finishedPage, frontPage, loginPage, messagePage } from './pages.ts'
import type { Sessions } from './sessions.ts'
import type { RequestToken, Tokens } from './tokens.ts'

export interface AuthorizeDependencies {
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

/** Login, approval, and the redirect. A user declines by closing the page, and the application gets no response. */
export function authorizeRoutes (app: FastifyInstance, { clients, tokens, users, sessions }: AuthorizeDependencies): void {
  app.get('/oauth/authorize', async (request, reply) => {
    const { oauth_token: token, auto, account } = queryOf(request.url)
    if (typeof token !== 'string' || token === '') return page(reply, 400, messagePage('Error', 'Must provide an oauth_token'))
    const requestToken = tokens.requestToken(token)
    if (requestToken === undefined) return page(reply, 400, messagePage('Error', `No such 'requesttoken' with id '${token}'`))
    if (clients.get(requestToken.clientId) === undefined) return page(reply, 400, messagePage('Error', `No such 'client' with id '${requestToken.clientId}'`))
    if (auto !== undefined) return decide(reply, requestToken, textOf(auto), textOf(account) ?? DEFAULT_ACCOUNT)

    const user = sessions.userOf(request)
    if (user === undefined) return page(reply, 200, loginPage(requestToken.token, nicknameIn(textOf(account) ?? DEFAULT_ACCOUNT)))
    if (!logIn(requestToken, user)) return page(reply, 400, messagePage('Error', 'Token already associated with a different user'))
    return askOrRedirect(reply, requestToken, user)
  })

  app.post('/oauth/authorize', async (request, reply) => {
    const { oauth_token: token, verifier, username, password } = fieldsOf(request.body)
    if (verifier === undefined) return handleLogin(reply, { token: textOf(token) ?? '', username: textOf(username) ?? '', password })
    const requestToken = tokens.requestToken(textOf(token) ?? '')
    // pump.io's engine reads a property of null, so the browser gets a 500.
    if (requestToken === undefined || requestToken.verifier !== verifier) throw new TypeError('Cannot read property \'token\' of null')
    requestToken.isApproved = true
    return redirectBack(reply, requestToken, 303)
  })

  app.get('/', async (request, reply) => page(reply, 200, frontPage(sessions.userOf(request)?.nickname)))

  app.get('/try', async (_request, reply) => {
    const { token } = tokens.request(clients.getShared().id, 'oob')
    return reply.redirect(`/oauth/authorize?oauth_token=${token}`)
  })

  app.post('/main/logout', async (request, reply) => {
    sessions.close(request)
    return reply.redirect('/', 303)
  })

  function handleLogin (reply: FastifyReply, { token, username, password }: Login): FastifyReply {
    const requestToken = tokens.requestToken(token)
    const user = password === PASSWORD && requestToken !== undefined ? users.openNamed(username) : undefined
    if (user === undefined || requestToken === undefined || !logIn(requestToken, user)) {
      // The engine reports every error like this, so pump.io's "Incorrect username or password." never appears.
      return page(reply, 400, loginPage(token, username, 'internal error'))
    }
    sessions.open(reply, user)
    return askOrRedirect(reply, requestToken, user)
  }

  /** A request token belongs to the user who first logged in with it. */
  function logIn (requestToken: RequestToken, { account }: User): boolean {
    requestToken.account ??= account
    return requestToken.account === account
  }

  function askOrRedirect (reply: FastifyReply, requestToken: RequestToken, { account, nickname }: User): FastifyReply {
    if (tokens.find(account, requestToken.clientId) === undefined) {
      const application = clients.get(requestToken.clientId)?.title ?? '(Unknown)'
      return page(reply, 200, approvalPage(requestToken.token, requestToken.verifier, nickname, application))
    }
    requestToken.isApproved = true
    return redirectBack(reply, requestToken, 302)
  }

  /** For programs: the user logs in and presses Authorize, or closes the page. */
  function decide (reply: FastifyReply, requestToken: RequestToken, decision: string | undefined, account: string): FastifyReply {
    if (decision === 'deny') return page(reply, 200, declinedPage())
    if (decision !== 'allow') return page(reply, 400, messagePage('Error', 'A decision is either “allow” or “deny”.'))
    const user = users.openNamed(nicknameIn(account))
    if (user === undefined) return page(reply, 400, messagePage('Error', `Bad nickname: '${nicknameIn(account)}'`))
    if (!logIn(requestToken, user)) return page(reply, 400, messagePage('Error', 'Token already associated with a different user'))
    requestToken.isApproved = true
    return redirectBack(reply, requestToken, tokens.find(user.account, requestToken.clientId) === undefined ? 303 : 302)
  }
}

function redirectBack (reply: FastifyReply, { token, verifier, callback }: RequestToken, status: 302 | 303): FastifyReply {
  if (callback === 'oob') return page(reply, 200, finishedPage(token, verifier))
  const separator = callback.includes('?') ? '&' : '?'
  return reply.redirect(`${callback}${separator}oauth_token=${token}&oauth_verifier=${verifier}`, status)
}

function page (reply: FastifyReply, status: number, text: string): FastifyReply {
  return sendPage(reply.header('x-frame-options', 'DENY'), status, text)
}
