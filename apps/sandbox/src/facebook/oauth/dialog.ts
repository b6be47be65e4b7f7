import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { recordRequest } from '../../kit/http/recorded-request.ts'
import { CLIENT, isRegisteredRedirect, LANDING_PATH } from './client.ts'
import { dialogPage, landingPage, refusalPage, sendPage } from './pages.ts'
import { parametersOf } from '../graph/parameters.ts'
import type { Person } from '../people.ts'
import { PERMISSIONS, splitScope, UNDECLINABLE } from './permissions.ts'
import { report } from '../person-event.ts'
import { DATA_ACCESS_SECONDS, SHORT_SECONDS } from './tokens.ts'
import type { World } from '../world.ts'

const DEFAULT_ACCOUNT = 'alice'
const ACCOUNT_NAME = /^[^\p{Cc}]{1,100}$/u
const SHOWN_ACCOUNTS = 20
/** What the dialog takes along into its form, and into nothing else. */
const CARRIED = ['client_id', 'redirect_uri', 'state', 'scope', 'response_type', 'auth_type', 'display']
const RESPONSE_TYPES = ['code', 'token', 'granted_scopes']

/** The page on which a user lets the app in, without some permissions or with all. */
export function dialogRoutes (app: FastifyInstance, world: World): void {
  const { clock, codes, inbox, people, tokens } = world

  app.get('/dialog/oauth', async (request, reply) => {
    const asked = parametersOf(request)
    const fault = faultOf(asked)
    if (fault !== undefined) return refuse(reply, fault)
    const auto = asked.get('auto')
    if (auto !== null) return decide(request, reply, asked, auto, splitScope(asked.get('decline') ?? ''))

    const account = nameOf(asked)
    const carried = Object.fromEntries(CARRIED.flatMap((name) => asked.has(name) ? [[name, asked.get(name) ?? '']] : []))
    const offered = offeredTo(people.get(account), asked)
    return sendPage(reply, 200, dialogPage({ carried, account, knownAccounts: people.names(SHOWN_ACCOUNTS), offered }))
  })

  app.post('/dialog/oauth', async (request, reply) => {
    const asked = parametersOf(request)
    const fault = faultOf(asked)
    if (fault !== undefined) return refuse(reply, fault)
    const kept = asked.getAll('grant')
    return decide(request, reply, asked, asked.get('decision'), requestedBy(asked).filter((name) => !kept.includes(name)))
  })

  app.get('/connect/login_success.html', async (request, reply) => {
    const origin = `${request.protocol}://${request.host}`
    const code = parametersOf(request).get('code')
    return sendPage(reply, 200, landingPage(origin + LANDING_PATH, `${origin}/facebook/graph/oauth/access_token`, code))
  })

  function decide (
    request: FastifyRequest, reply: FastifyReply, asked: URLSearchParams, decision: string | null, declined: string[]
  ): FastifyReply {
    const state = asked.has('state') ? { state: asked.get('state') ?? '' } : {}
    if (decision === 'deny') {
      return goBack(reply, asked, {
        error_reason: 'user_denied', error: 'access_denied', error_code: '200', error_description: 'Permissions error.', ...state
      })
    }
    if (decision !== 'allow') return refuse(reply, 'A decision is either “allow” or “deny”.')
    if (!ACCOUNT_NAME.test(nameOf(asked))) return refuse(reply, 'An account name has 1 to 100 characters.')

    const person = people.open(nameOf(asked))
    for (const name of offeredTo(person, asked)) {
      person.permissions.set(name, declined.includes(name) && name !== UNDECLINABLE ? 'declined' : 'granted')
    }
    person.consentMs = clock.nowMs()
    const permissions = namesOf(person, 'granted')
    report(inbox, recordRequest(request), person, { type: 'granted', permissions })

    const types = responseTypesOf(asked)
    const answer = {
      ...types.includes('token') && {
        access_token: tokens.issue(person, false).text,
        data_access_expiration_time: String(Math.floor(clock.nowMs() / 1000) + DATA_ACCESS_SECONDS),
        expires_in: String(SHORT_SECONDS)
      },
      ...types.includes('code') && { code: codes.issue(person, asked.get('redirect_uri') ?? '') },
      ...types.includes('granted_scopes') && { granted_scopes: permissions.join(','), denied_scopes: namesOf(person, 'declined').join(',') },
      ...state
    }
    return goBack(reply, asked, answer, types.includes('token'))
  }
}

/** With a wrong app or redirect_uri the browser is sent nowhere. */
function faultOf (asked: URLSearchParams): string | undefined {
  if (asked.get('client_id') !== CLIENT.id) return 'Invalid App ID: The provided app ID does not look like a valid app ID.'
  if (!isRegisteredRedirect(asked.get('redirect_uri') ?? '')) {
    return "URL blocked: This redirect failed because the redirect URI is not white-listed in the app's client OAuth settings: " +
      `http(s)://<this machine>${CLIENT.redirectPath}, without a query`
  }
  const unknown = requestedBy(asked).filter((name) => !PERMISSIONS.has(name))
  if (unknown.length > 0) return `Invalid Scopes: ${unknown.join(', ')}.`
  const type = responseTypesOf(asked).find((name) => !RESPONSE_TYPES.includes(name))
  if (type !== undefined) return `The response_type is made of ${RESPONSE_TYPES.join(', ')}; there is no “${type}”.`
}

function requestedBy (asked: URLSearchParams): string[] {
  return [...new Set([UNDECLINABLE, ...splitScope(asked.get('scope') ?? '')])]
}

/** What was declined before is not asked for again, unless the app says so. */
function offeredTo (person: Person | undefined, asked: URLSearchParams): string[] {
  const isRerequest = splitScope(asked.get('auth_type') ?? '').includes('rerequest')
  return requestedBy(asked).filter((name) => isRerequest || person?.permissions.get(name) !== 'declined')
}

function responseTypesOf (asked: URLSearchParams): string[] {
  const types = splitScope(asked.get('response_type') ?? '')
  return types.length === 0 ? ['code'] : types
}

function namesOf ({ permissions }: Person, status: string): string[] {
  return [...permissions].filter(([, each]) => each === status).map(([name]) => name)
}

function nameOf (asked: URLSearchParams): string {
  return asked.get('account')?.trim() || DEFAULT_ACCOUNT
}

/** The odd fragment keeps browsers from carrying over one of an earlier page. */
function goBack (reply: FastifyReply, asked: URLSearchParams, answer: Record<string, string>, inFragment = false): FastifyReply {
  const redirectUri = asked.get('redirect_uri') ?? ''
  const parameters = new URLSearchParams(answer)
  return reply.redirect(inFragment ? `${redirectUri}#${parameters}` : `${redirectUri}?${parameters}#_=_`)
}

function refuse (reply: FastifyReply, fault: string): FastifyReply {
  return sendPage(reply, 400, refusalPage(fault))
}
