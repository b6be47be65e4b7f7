import type { FastifyInstance } from 'fastify'
import { invalid } from '../graph/graph-error.ts'
import type { GraphError } from '../graph/graph-error.ts'
import { parametersOf } from '../graph/parameters.ts'
import type { World } from '../world.ts'
import { CLIENT } from './client.ts'
import { isApp } from './session.ts'
import { errorOf } from './tokens.ts'
import type { Token } from './tokens.ts'

/** What the app can read about a token. An invalid token is not an error here. */
export function debugTokenRoutes (app: FastifyInstance, world: World): void {
  const { clock, tokens } = world

  app.get('/debug_token', async (request) => {
    if (!isApp(request, world)) {
      throw invalid('(#100) You must provide an app access token, or a user access token that is an owner or developer of the app')
    }
    const text = parametersOf(request).get('input_token')
    if (!text) throw invalid('(#100) The parameter input_token is required')
    if (tokens.isApp(text)) return { data: { app_id: CLIENT.id, type: 'APP', application: CLIENT.name, expires_at: 0, is_valid: true, scopes: [] } }
    const token = tokens.find(text)
    if (token === undefined) {
      return { data: { error: { code: 190, message: 'Invalid OAuth access token - Cannot parse access token' }, is_valid: false, scopes: [] } }
    }
    return { data: factsOf(token, errorOf(token, clock.nowMs())) }
  })
}

function factsOf (token: Token, error: GraphError | undefined): object {
  const { issuedMs, accessExpiresMs, details: { person, isLong, dataAccessEndsMs } } = token
  const granted = [...person.permissions].filter(([, status]) => status === 'granted').map(([name]) => name)
  const scopes = error === undefined ? granted : []
  const { code, message, error_subcode: subcode } = error?.details ?? {}
  return {
    app_id: CLIENT.id,
    type: 'USER',
    application: CLIENT.name,
    data_access_expires_at: Math.floor(dataAccessEndsMs / 1000),
    ...error !== undefined && { error: { code, message, subcode } },
    expires_at: Math.floor(accessExpiresMs / 1000),
    is_valid: error === undefined,
    // Facebook omits it for short-lived tokens.
    ...isLong && { issued_at: Math.floor(issuedMs / 1000) },
    scopes,
    granular_scopes: scopes.map((scope) => ({ scope })),
    user_id: person.id
  }
}
