import type { FastifyInstance, FastifyRequest } from 'fastify'
import { recordRequest } from '../../kit/http/recorded-request.ts'
import { accountIn, authorizeRoutes } from '../../kit/oauth/authorize-page.ts'
import { sendPage } from '../../kit/pages/service-page.ts'
import { parametersOf } from '../graph/parameters.ts'
import type { Person } from '../people.ts'
import { recordEvent } from '../person-event.ts'
import type { World } from '../world.ts'
import { CLIENT, isRegisteredRedirect, LANDING_PATH } from './client.ts'
import { dialogPage, landingPage, refusalPage } from './pages.ts'
import { PERMISSIONS, splitScope, UNDECLINABLE } from './permissions.ts'
import { DATA_ACCESS_SECONDS, SHORT_SECONDS } from './tokens.ts'

/** The parameters that the dialog's form sends again. */
const CARRIED = ['client_id', 'redirect_uri', 'state', 'scope', 'response_type', 'auth_type', 'display']
const RESPONSE_TYPES = ['code', 'token', 'granted_scopes']

/** The login dialog, where a user can also decline some of the permissions. */
export function dialogRoutes (app: FastifyInstance, { clock, codes, inbox, people, tokens }: World): void {
  authorizeRoutes(app, '/dialog/oauth', {
    parametersOf,

    check (input) {
      const text = errorIn(input)
      return text === undefined ? undefined : { status: 400, text }
    },

    knownAccounts: people.names,

    consentPage: (input, person) => dialogPage({
      hidden: Object.fromEntries(CARRIED.flatMap((name) => input.has(name) ? [[name, input.get(name) ?? '']] : [])),
      person,
      offered: offeredTo(people.get(accountIn(input)), input)
    }),

    refusalPage,

    allow (input, account, request) {
      const person = people.open(account)
      const declined = declinedIn(input, request)
      for (const name of offeredTo(person, input)) {
        person.permissions.set(name, declined.includes(name) && name !== UNDECLINABLE ? 'declined' : 'granted')
      }
      person.consentMs = clock.nowMs()
      const permissions = namesOf(person, 'granted')
      recordEvent(inbox, recordRequest(request), person, { type: 'granted', permissions })

      const types = responseTypesOf(input)
      return {
        ...types.includes('token') && {
          access_token: tokens.issue(person, false).accessToken,
          data_access_expiration_time: String(Math.floor(clock.nowMs() / 1000) + DATA_ACCESS_SECONDS),
          expires_in: String(SHORT_SECONDS)
        },
        ...types.includes('code') && { code: codes.issue(account, input.get('redirect_uri') ?? '') },
        ...types.includes('granted_scopes') && { granted_scopes: permissions.join(','), denied_scopes: namesOf(person, 'declined').join(',') }
      }
    },

    deny: () => ({ error_reason: 'user_denied', error: 'access_denied', error_code: '200', error_description: 'Permissions error.' }),

    // Facebook's fragment keeps browsers from keeping the fragment of an earlier page.
    redirectUrl: (redirectUri, parameters) => parameters.has('access_token') ? `${redirectUri}#${parameters}` : `${redirectUri}?${parameters}#_=_`
  })

  app.get('/connect/login_success.html', async (request, reply) => {
    const origin = `${request.protocol}://${request.host}`
    const code = parametersOf(request).get('code')
    return sendPage(reply, 200, landingPage(origin + LANDING_PATH, `${origin}/facebook/graph/oauth/access_token`, code))
  })
}

function errorIn (input: URLSearchParams): string | undefined {
  if (input.get('client_id') !== CLIENT.id) return 'Invalid App ID: The provided app ID does not look like a valid app ID.'
  if (!isRegisteredRedirect(input.get('redirect_uri') ?? '')) {
    return "URL blocked: This redirect failed because the redirect URI is not white-listed in the app's client OAuth settings: " +
      `http(s)://<this machine>${CLIENT.redirectPath}, without a query`
  }
  const unknown = requestedBy(input).filter((name) => !PERMISSIONS.has(name))
  if (unknown.length > 0) return `Invalid Scopes: ${unknown.join(', ')}.`
  const type = responseTypesOf(input).find((name) => !RESPONSE_TYPES.includes(name))
  if (type !== undefined) return `The response_type consists of ${RESPONSE_TYPES.join(', ')}; there is no “${type}”.`
}

function requestedBy (input: URLSearchParams): string[] {
  return [...new Set([UNDECLINABLE, ...splitScope(input.get('scope') ?? '')])]
}

/** The dialog asks again for a declined permission only with `auth_type=rerequest`. */
function offeredTo (person: Person | undefined, input: URLSearchParams): string[] {
  const isRerequest = splitScope(input.get('auth_type') ?? '').includes('rerequest')
  return requestedBy(input).filter((name) => isRerequest || person?.permissions.get(name) !== 'declined')
}

/** Programs list what the person declines. The form sends what the person grants. */
function declinedIn (input: URLSearchParams, { method }: FastifyRequest): string[] {
  if (method === 'GET') return splitScope(input.get('decline') ?? '')
  const granted = input.getAll('grant')
  return requestedBy(input).filter((name) => !granted.includes(name))
}

function responseTypesOf (input: URLSearchParams): string[] {
  const types = splitScope(input.get('response_type') ?? '')
  return types.length === 0 ? ['code'] : types
}

function namesOf ({ permissions }: Person, status: string): string[] {
  return [...permissions].filter(([, each]) => each === status).map(([name]) => name)
}
