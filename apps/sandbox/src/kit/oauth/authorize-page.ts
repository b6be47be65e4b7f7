import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { formOf, queryOf } from '../http/parameters.ts'
import type { Person } from '../pages/consent-page.ts'
import { sendPage } from '../pages/service-page.ts'

/** A response of the authorize page without a redirect: a page with this text, or nothing at all. */
export interface Refusal {
  status: number
  text?: string
}

/** The page where a person grants access. Programs add `auto=allow` or `auto=deny`, and `account`. */
export interface AuthorizePage {
  /** Default: the query of a GET, and the form of a POST. */
  parametersOf?: (request: FastifyRequest) => URLSearchParams
  /** Says why the service refuses the request without a redirect (RFC 6749 §4.1.2.1). */
  check: (input: URLSearchParams, request: FastifyRequest) => Refusal | undefined
  /** The names of existing accounts, for a person to choose from. */
  knownAccounts: (limit: number) => string[]
  /** Default: 1 to 100 characters. */
  accountRule?: AccountRule
  consentPage: (input: URLSearchParams, person: Person) => string
  refusalPage: (text: string) => string
  /** The parameters of the redirect after Allow. */
  allow: (input: URLSearchParams, account: string, request: FastifyRequest) => Record<string, string>
  /** The parameters of the redirect after Deny. Default: `error=access_denied`. */
  deny?: (input: URLSearchParams) => Record<string, string>
  /** Whether the redirect contains the request's `state`. Default: true. */
  echoesState?: boolean
  /** Default: the parameters are appended to the query. */
  redirectUrl?: (redirectUri: string, parameters: URLSearchParams, input: URLSearchParams) => string
  redirectStatus?: 302 | 303
}

interface AccountRule {
  accepts: (account: string) => boolean
  text: string
}

export interface AuthorizeHandlers {
  handleGet: (request: FastifyRequest, reply: FastifyReply) => FastifyReply
  handlePost: (request: FastifyRequest, reply: FastifyReply) => FastifyReply
}

const DEFAULT_ACCOUNT = 'alice'
export const MAX_KNOWN_ACCOUNTS = 20

const DEFAULT_RULE: AccountRule = { accepts: (account) => /^[^\p{Cc}]{1,100}$/u.test(account), text: 'An account name has 1 to 100 characters.' }

export function authorizeRoutes (app: FastifyInstance, path: string, page: AuthorizePage): void {
  const { handleGet, handlePost } = createAuthorizeHandlers(page)
  app.get(path, async (request, reply) => handleGet(request, reply))
  app.post(path, async (request, reply) => handlePost(request, reply))
}

export function createAuthorizeHandlers (page: AuthorizePage): AuthorizeHandlers {
  const { check, parametersOf = (request) => request.method === 'GET' ? queryOf(request) : formOf(request) } = page

  return {
    handleGet (request, reply) {
      const input = parametersOf(request)
      const refusal = check(input, request)
      if (refusal !== undefined) return refuse(reply, refusal)
      const decision = input.get('auto')
      if (decision !== null) return decide(request, reply, input, decision)
      const person = { account: accountIn(input), knownAccounts: page.knownAccounts(MAX_KNOWN_ACCOUNTS) }
      return sendPage(reply, 200, page.consentPage(input, person))
    },

    handlePost (request, reply) {
      const input = parametersOf(request)
      const refusal = check(input, request)
      return refusal === undefined ? decide(request, reply, input, input.get('decision')) : refuse(reply, refusal)
    }
  }

  function decide (request: FastifyRequest, reply: FastifyReply, input: URLSearchParams, decision: string | null): FastifyReply {
    if (decision === 'deny') return redirect(reply, input, page.deny?.(input) ?? { error: 'access_denied' })
    if (decision !== 'allow') return refuse(reply, INVALID_DECISION)
    const account = accountIn(input)
    const { accepts, text } = page.accountRule ?? DEFAULT_RULE
    return accepts(account) ? redirect(reply, input, page.allow(input, account, request)) : refuse(reply, { status: 400, text })
  }

  function redirect (reply: FastifyReply, input: URLSearchParams, parameters: Record<string, string>): FastifyReply {
    const { echoesState = true, redirectUrl = appendToQuery, redirectStatus = 302 } = page
    const state = input.get('state')
    const all = new URLSearchParams({ ...parameters, ...echoesState && state !== null && { state } })
    return reply.redirect(redirectUrl(input.get('redirect_uri') ?? '', all, input), redirectStatus)
  }

  function refuse (reply: FastifyReply, { status, text }: Refusal): FastifyReply {
    return text === undefined ? reply.code(status).send() : sendPage(reply, status, page.refusalPage(text))
  }
}

export const INVALID_DECISION: Refusal = { status: 400, text: 'A decision is either “allow” or “deny”.' }

/** The account that the person or the program chose. */
export function accountIn (input: URLSearchParams): string {
  return input.get('account')?.trim() || DEFAULT_ACCOUNT
}

/** Appends text instead of using URL, since the application's own query must come back unchanged. */
export function appendToQuery (redirectUri: string, parameters: URLSearchParams): string {
  const separator = !redirectUri.includes('?') ? '?' : /[?&]$/.test(redirectUri) ? '' : '&'
  return `${redirectUri}${separator}${parameters}`
}
