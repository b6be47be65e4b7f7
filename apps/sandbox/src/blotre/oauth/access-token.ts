import type { FastifyInstance, FastifyReply } from 'fastify'
import { CLIENT } from './client.ts'
import { PageFailure } from '../http/blotre-error.ts'
import { ACCESS_SECONDS } from './grants.ts'
import type { Grant } from './grants.ts'
import { noCache } from './no-cache.ts'
import { formOf } from '../http/read-request.ts'
import { showUser } from '../store/users.ts'
import type { World } from '../world.ts'

type Refusal = 'invalid_grant' | 'invalid_client' | 'unsupported_grant_type'

/**
 * The token endpoint. It reads a form and nothing else, and everything it refuses is a 400. The order of the questions
 * is Blot're's: whether the code or token is any good comes before whether the client is who it says.
 */
export function accessTokenRoutes (app: FastifyInstance, world: World): void {
  const { grants, codes, disposables } = world

  app.post('/access_token', async (request, reply) => {
    const form = formOf(request)
    if (form === undefined) throw new PageFailure(415, 'Expecting application/x-www-form-urlencoded body')
    reply.headers(noCache)
    const outcome = exchange(form)
    return typeof outcome === 'string' ? refuse(reply, outcome) : show(outcome)
  })

  function exchange (form: URLSearchParams): Grant | Refusal {
    const [clientId, secret] = [form.get('client_id'), form.get('client_secret')]
    if (clientId === null || secret === null) return 'invalid_grant'
    const field = (name: string): string => form.get(name) ?? ''
    switch (form.get('grant_type')) {
      case 'authorization_code': return byCode(clientId, secret, field('code'), field('redirect_uri'))
      case 'refresh_token': return byRefreshToken(clientId, secret, field('refresh_token'))
      case 'https://oauth2grant.blot.re/onetime_code': return byOneTimeCode(clientId, secret, field('code'))
      default: return 'unsupported_grant_type'
    }
  }

  function byCode (clientId: string, secret: string, code: string, redirectUri: string): Grant | Refusal {
    const member = codes.find(code, redirectUri)
    if (member === undefined || clientId !== CLIENT.id) return 'invalid_grant'
    if (secret !== CLIENT.secret) return 'invalid_client'
    codes.use(code)
    return grants.issue(clientId, member)
  }

  function byRefreshToken (clientId: string, secret: string, refreshToken: string): Grant | Refusal {
    const grant = grants.byRefreshToken(refreshToken)
    const refusal = grant === undefined || grants.isRefreshExpired(grant)
      ? 'invalid_grant'
      : grant.clientId !== clientId || !isSecretOf(clientId, secret) ? 'invalid_client' : undefined
    if (grant !== undefined && refusal === undefined) return grants.refresh(grant)
    grants.refuse(refreshToken)
    return refusal ?? 'invalid_grant'
  }

  /** A code that nobody has redeemed yet gets the same answer as a wrong one. */
  function byOneTimeCode (clientId: string, secret: string, code: string): Grant | Refusal {
    const disposable = disposables.byCode(code)
    if (disposable === undefined || disposable.id !== clientId) return 'invalid_grant'
    if (disposable.secret !== secret) return 'invalid_client'
    if (disposable.member === undefined) return 'invalid_grant'
    disposables.useCode(disposable)
    return grants.issue(clientId, disposable.member)
  }

  function isSecretOf (clientId: string, secret: string): boolean {
    return secret === (clientId === CLIENT.id ? CLIENT.secret : disposables.byId(clientId)?.secret)
  }
}

function show ({ accessToken, refreshToken, member }: Grant): object {
  return {
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: ACCESS_SECONDS,
    refresh_token: refreshToken,
    user: showUser(member)
  }
}

function refuse (reply: FastifyReply, error: Refusal): FastifyReply {
  return reply.code(400).send({ error, error_description: '' })
}
