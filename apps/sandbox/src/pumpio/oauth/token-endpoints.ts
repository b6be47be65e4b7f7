import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Clients } from './clients.ts'
import { internalError, invalidConsumer, invalidToken } from './oauth-error.ts'
import { valueOf } from './oauth-parameters.ts'
import type { Parameters } from './oauth-parameters.ts'
import type { Quirks } from './quirks.ts'
import { assertSigned, readSigned, SIGNED_PARAMETERS } from './signed-request.ts'
import type { Tokens } from './tokens.ts'

export interface Grants {
  clients: Clients
  tokens: Tokens
  quirks: Quirks
}

/** Every method is accepted, since the signature contains it. Timestamps and nonces must only be present. */
export function tokenEndpoints (app: FastifyInstance, { clients, tokens, quirks }: Grants): void {
  app.all('/oauth/request_token', async (request, reply) => {
    const parameters = readSigned(request, [...SIGNED_PARAMETERS, 'oauth_callback'])
    const client = clientOf(parameters)
    tokens.cleanRequestTokens(client.id)
    assertSigned(request, parameters, { client: client.secret }, 401)
    const callback = valueOf(parameters, 'oauth_callback')
    if (!isCallback(callback)) throw internalError()
    const { token, secret } = tokens.request(client.id, callback)
    return sendFields(reply, { oauth_token: token, oauth_token_secret: secret, oauth_callback_confirmed: 'true' })
  })

  app.all('/oauth/access_token', async (request, reply) => {
    const parameters = readSigned(request, [...SIGNED_PARAMETERS, 'oauth_token', 'oauth_verifier'])
    const client = clientOf(parameters)
    const requestToken = tokens.requestToken(valueOf(parameters, 'oauth_token'))
    if (requestToken === undefined || requestToken.clientId !== client.id) throw invalidToken(400)
    if (requestToken.isUsed === true) throw invalidToken(401)
    assertSigned(request, parameters, { client: client.secret, token: requestToken.secret }, 401)
    // pump.io requires that a user has logged in. The verifier must be present, and may be anything.
    if (requestToken.account === undefined) throw invalidToken(401)
    if (!quirks.ignoresVerifier && !(requestToken.isApproved === true && requestToken.verifier === valueOf(parameters, 'oauth_verifier'))) {
      throw invalidToken(401)
    }
    requestToken.isUsed = true
    const { token, secret } = tokens.grant(requestToken.account, client.id)
    return sendFields(reply, { oauth_token: token, oauth_token_secret: secret })
  })

  function clientOf (parameters: Parameters): { id: string, secret: string } {
    const client = clients.get(valueOf(parameters, 'oauth_consumer_key'))
    if (client === undefined) throw invalidConsumer()
    return client
  }
}

function isCallback (callback: string): boolean {
  if (callback === 'oob') return true
  return /^https?:\/\/[^/]/i.test(callback)
}

/** Like pump.io, it does not encode the values, which are base64url. */
function sendFields (reply: FastifyReply, fields: Record<string, string>): FastifyReply {
  const text = Object.entries(fields).map(([name, value]) => `${name}=${value}`).join('&')
  return reply.header('content-type', 'application/x-www-form-urlencoded').send(text)
}
