import type { FastifyInstance } from 'fastify'
import { CLIENT } from './client.ts'
import { createConsent, isKnown, NO_SUCH_CLIENT } from './consent.ts'
import { PageFailure } from '../http/blotre-error.ts'
import { consentPage, grantedPage, refusalPage, sendPage } from './pages.ts'
import { formOf, queryOf, requiredQueryOf } from '../http/read-request.ts'
import type { World } from '../world.ts'

/** The page on which a user lets an application in, and the answer to both kinds of consent form. */
export function authorizeRoutes (app: FastifyInstance, world: World): void {
  const consent = createConsent(world)

  app.get('/authorize', async (request, reply) => {
    const [responseType, clientId] = [requiredQueryOf(request, 'response_type'), requiredQueryOf(request, 'client_id')]
    const redirectUri = queryOf(request, 'redirect_uri') ?? ''
    if (responseType !== 'code') return sendPage(reply, 200, refusalPage('Unsupported action.'))
    if (!isKnown(clientId, redirectUri)) return sendPage(reply, 404, refusalPage(NO_SUCH_CLIENT))

    const [action, account] = [queryOf(request, 'auto'), queryOf(request, 'account')]
    if (action === undefined) {
      const carried = { response_type: 'code', client_id: clientId, extra_data: redirectUri } as const
      return sendPage(reply, 200, consentPage(carried, CLIENT, consent.person(account)))
    }
    mustBeDecision(action)
    return consent.forRedirect(reply, clientId, redirectUri, { action, account })
  })

  app.post('/authorize', async (request, reply) => {
    const form = formOf(request) ?? new URLSearchParams()
    const [action, clientId, extraData] = [required(form, 'action'), required(form, 'client_id'), required(form, 'extra_data')]
    mustBeDecision(action)
    const decision = { action, account: form.get('account') ?? undefined, state: queryOf(request, 'state') }
    switch (required(form, 'response_type')) {
      case 'code': return consent.forRedirect(reply, clientId, extraData, decision)
      case 'disposable': return consent.forDisposable(reply, clientId, extraData, decision)
      default: throw new PageFailure(400, 'A response_type is either “code” or “disposable”.')
    }
  })
}

/** The sandbox's own, under no version of Blot're's. */
export function landingRoutes (app: FastifyInstance): void {
  app.get('/granted', async (request, reply) => {
    const base = `${request.protocol}://${request.host}/blotre`
    return sendPage(reply, 200, grantedPage(`${base}/granted`, `${base}/v0/oauth2/access_token`, queryOf(request, 'code')))
  })
}

export function mustBeDecision (action: string): void {
  if (action !== 'allow' && action !== 'deny') throw new PageFailure(400, 'A decision is either “allow” or “deny”.')
}

function required (form: URLSearchParams, name: string): string {
  const value = form.get(name)
  if (!value) throw new PageFailure(400, `Missing field: ${name}`)
  return value
}
