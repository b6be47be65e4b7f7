import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { queryOf } from '../../kit/http/parameters.ts'
import { accountIn, createAuthorizeHandlers, INVALID_DECISION, MAX_KNOWN_ACCOUNTS } from '../../kit/oauth/authorize-page.ts'
import type { Refusal } from '../../kit/oauth/authorize-page.ts'
import type { Person } from '../../kit/pages/consent-page.ts'
import { sendPage } from '../../kit/pages/service-page.ts'
import { PageError } from '../http/blotre-error.ts'
import { formOf, requiredQueryOf } from '../http/read-request.ts'
import { toUserName } from '../store/names.ts'
import type { World } from '../world.ts'
import { CLIENT, isRegisteredRedirect } from './client.ts'
import { authorizationPage, grantedPage, refusalPage } from './pages.ts'

export const NO_SUCH_CLIENT = 'No matching application found. Please contact the application developer.'

const ACCOUNT_RULE = {
  accepts: (account: string) => toUserName(account) !== undefined,
  text: 'An account name has 3 to 64 letters, digits, spaces, dashes, underscores or dollar signs.'
}

/** The authorize page. Its POST also receives the decision about a disposable client. */
export function authorizeRoutes (app: FastifyInstance, world: World): void {
  const { codes, users } = world
  const { handleGet, handlePost } = createAuthorizeHandlers({
    parametersOf: (request) => request.method === 'GET' ? readLink(request) : readForm(request),
    check: (input, request) => request.method === 'GET' ? checkLink(input) : checkForm(input),
    knownAccounts: users.names,
    accountRule: ACCOUNT_RULE,
    consentPage: (input, person) => authorizationPage({
      response_type: 'code', client_id: CLIENT.id, extra_data: input.get('redirect_uri') ?? ''
    }, CLIENT, person),
    refusalPage,
    allow (input, name) {
      const { account } = users.open(name)
      return { code: codes.issue(account, input.get('redirect_uri') ?? ''), state: input.get('state') ?? '' }
    },
    deny: (input) => ({
      error: 'access_denied', error_description: 'User rejected access for your application', state: input.get('state') ?? ''
    }),
    echoesState: false,
    redirectStatus: 303
  })

  app.get('/authorize', async (request, reply) => handleGet(request, reply))

  app.post('/authorize', async (request, reply) => {
    const form = readForm(request)
    const isAboutDisposable = form.get('response_type') === 'disposable' && isDecision(form)
    return isAboutDisposable ? decideDisposable(reply, world, form) : handlePost(request, reply)
  })
}

/** A page of the sandbox, outside Blot're's paths. */
export function landingRoutes (app: FastifyInstance): void {
  app.get('/granted', async (request, reply) => {
    const base = `${request.protocol}://${request.host}/blotre`
    return sendPage(reply, 200, grantedPage(`${base}/granted`, `${base}/v0/oauth2/access_token`, queryOf(request).get('code')))
  })
}

/** `input` has `client_id`, `decision`, `account`, and the code as `redirect_uri`. A denied code stays valid. */
export function decideDisposable (reply: FastifyReply, { disposables, users }: World, input: URLSearchParams): FastifyReply {
  if (!isDecision(input)) return sendPage(reply, INVALID_DECISION.status, refusalPage(INVALID_DECISION.text ?? ''))
  if (input.get('decision') === 'deny') return sendPage(reply, 200, refusalPage('Denied the application access to your account.'))
  const disposable = disposables.byCode(input.get('redirect_uri') ?? '')
  const isRedeemable = disposable?.id === input.get('client_id') && disposable.account === undefined
  if (!isRedeemable) return reply.code(404).send()
  const name = accountIn(input)
  if (!ACCOUNT_RULE.accepts(name)) return sendPage(reply, 400, refusalPage(ACCOUNT_RULE.text))
  disposable.account = users.open(name).account
  return reply.redirect('/blotre/v0/oauth2/redeemSuccessful', 303)
}

export function personIn (input: URLSearchParams, { users }: World): Person {
  return { account: accountIn(input), knownAccounts: users.names(MAX_KNOWN_ACCOUNTS) }
}

/** Blot're loses the `state` of a link: it looks for it in the query of the form's POST. */
function readLink (request: FastifyRequest): URLSearchParams {
  for (const name of ['response_type', 'client_id']) requiredQueryOf(request, name)
  const input = queryOf(request)
  input.delete('state')
  return input
}

/** In Blot're's form, `action` is the decision, and `extra_data` is the redirect_uri or the code of a disposable client. */
function readForm (request: FastifyRequest): URLSearchParams {
  const form = formOf(request) ?? new URLSearchParams()
  const required = (name: string): string => {
    const value = form.get(name)
    if (!value) throw new PageError(400, `Missing field: ${name}`)
    return value
  }
  return new URLSearchParams({
    decision: required('action'),
    client_id: required('client_id'),
    redirect_uri: required('extra_data'),
    response_type: required('response_type'),
    account: form.get('account') ?? '',
    state: queryOf(request).get('state') ?? ''
  })
}

function checkLink (input: URLSearchParams): Refusal | undefined {
  if (input.get('response_type') !== 'code') return { status: 200, text: 'Unsupported action.' }
  return isKnown(input) ? undefined : { status: 404, text: NO_SUCH_CLIENT }
}

function checkForm (input: URLSearchParams): Refusal | undefined {
  if (!isDecision(input)) return INVALID_DECISION
  if (input.get('response_type') !== 'code') return { status: 400, text: 'A response_type is either “code” or “disposable”.' }
  if (isKnown(input)) return undefined
  return { status: 404, ...input.get('decision') === 'deny' && { text: NO_SUCH_CLIENT } }
}

function isKnown (input: URLSearchParams): boolean {
  return input.get('client_id') === CLIENT.id && isRegisteredRedirect(input.get('redirect_uri') ?? '')
}

function isDecision (input: URLSearchParams): boolean {
  return ['allow', 'deny'].includes(input.get('decision') ?? '')
}
