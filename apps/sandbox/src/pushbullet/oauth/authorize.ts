import type { FastifyInstance, FastifyReply } from 'fastify'
import { CLIENT, isRegisteredRedirect } from './client.ts'
import { consentPage, landingPage, refusalPage } from './consent-page.ts'
import type { Users } from '../store/users.ts'

/** What the browser brings, in the query of GET or in the form of POST. */
interface AuthorizeRequest {
  client_id?: string
  redirect_uri?: string
  response_type?: string
  /** For programs: decides without a page. */
  auto?: string
  /** Which account grants. */
  account?: string
  /** The button that was pressed. */
  decision?: string
}

const DEFAULT_ACCOUNT = 'alice'
const ACCOUNT_NAME = /^[^\p{Cc}]{1,100}$/u

/** The page on which a user lets an application in. `state` and `scope` are unknown here, as they are at Pushbullet. */
export function authorizeRoutes (app: FastifyInstance, users: Users): void {
  app.get<{ Querystring: AuthorizeRequest }>('/authorize', async (request, reply) => {
    const { auto } = request.query
    if (auto !== undefined) return decide(reply, request.query, auto)
    const fault = faultOf(request.query)
    if (fault !== undefined) return refuse(reply, fault)
    const { account, ...asked } = request.query
    return page(reply, 200, consentPage(asked, nameOf(account), knownAccounts()))
  })

  app.post<{ Body: AuthorizeRequest | undefined }>('/authorize', async (request, reply) => {
    return decide(reply, request.body ?? {}, request.body?.decision)
  })

  app.get('/login-success', async (_request, reply) => page(reply, 200, landingPage()))

  function decide (reply: FastifyReply, asked: AuthorizeRequest, decision: string | undefined): FastifyReply {
    const fault = faultOf(asked)
    if (fault !== undefined) return refuse(reply, fault)
    const { redirect_uri: redirectUri = '', response_type: responseType } = asked

    if (decision === 'deny') return reply.redirect(withParameter(redirectUri, 'error', 'access_denied'))
    if (decision !== 'allow') return refuse(reply, 'A decision is either “allow” or “deny”.')
    const account = nameOf(asked.account)
    if (!ACCOUNT_NAME.test(account)) return refuse(reply, 'An account name has 1 to 100 characters.')

    const user = users.open(account)
    return reply.redirect(responseType === 'token'
      ? `${redirectUri}#access_token=${encodeURIComponent(users.grant(user))}`
      : withParameter(redirectUri, 'code', users.grantCode(user)))
  }

  function knownAccounts (): string[] {
    const names: string[] = []
    for (const { account } of users.all()) if (names.push(account) === 20) break
    return names
  }
}

/** RFC 6749 §4.1.2.1: with a wrong client or redirect_uri the browser is sent nowhere. */
function faultOf (asked: AuthorizeRequest): string | undefined {
  // RFC 6749 §3.1: a parameter comes once. The parsers make an array of one that comes twice.
  const twice = Object.entries(asked).find(([, value]) => typeof value !== 'string')
  if (twice !== undefined) return `The parameter “${twice[0]}” comes more than once.`
  if (asked.client_id !== CLIENT.id) return `No application is registered under the client_id “${asked.client_id ?? ''}”.`
  if (!isRegisteredRedirect(asked.redirect_uri ?? '')) {
    return `The redirect_uri “${asked.redirect_uri ?? ''}” does not match the registered one: http(s)://<this machine>${CLIENT.redirectPath}, with any query.`
  }
  if (asked.response_type !== 'code' && asked.response_type !== 'token') {
    return `The response_type is either “code” or “token”, not “${asked.response_type ?? ''}”.`
  }
}

function nameOf (account: string | undefined): string {
  return account?.trim() || DEFAULT_ACCOUNT
}

/** As text, not through URL: the application's own query comes back to the letter. */
function withParameter (redirectUri: string, name: string, value: string): string {
  const joint = !redirectUri.includes('?') ? '?' : /[?&]$/.test(redirectUri) ? '' : '&'
  return `${redirectUri}${joint}${name}=${encodeURIComponent(value)}`
}

function refuse (reply: FastifyReply, fault: string): FastifyReply {
  return page(reply, 400, refusalPage(fault))
}

function page (reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).headers({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).send(text)
}
