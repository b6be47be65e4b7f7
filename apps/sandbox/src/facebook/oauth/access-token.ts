import type { FastifyInstance } from 'fastify'
import { CLIENT } from './client.ts'
import { GraphError, invalid } from '../graph/graph-error.ts'
import { parametersOf } from '../graph/parameters.ts'
import { LONG_SECONDS, SHORT_SECONDS } from './tokens.ts'
import type { World } from '../world.ts'

/** The token endpoint, by GET or POST. Its errors are the Graph API's, and not those of RFC 6749. */
export function accessTokenRoutes (app: FastifyInstance, world: World): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/oauth/access_token',
    handler: async (request, reply) => {
      reply.header('cache-control', 'no-store')
      return give(parametersOf(request), world)
    }
  })
}

function give (parameters: URLSearchParams, { codes, tokens }: World): object {
  mustBeClient(parameters)
  const grantType = parameters.get('grant_type') ?? 'authorization_code'
  switch (grantType) {
    case 'authorization_code': {
      const person = codes.redeem(required(parameters, 'code'), required(parameters, 'redirect_uri'))
      return { access_token: tokens.issue(person, false).text, token_type: 'bearer', expires_in: SHORT_SECONDS }
    }
    case 'fb_exchange_token': {
      const { text } = tokens.exchange(required(parameters, 'fb_exchange_token'))
      return { access_token: text, token_type: 'bearer', expires_in: LONG_SECONDS }
    }
    case 'client_credentials': return { access_token: tokens.issueApp(), token_type: 'bearer' }
    // Facebook's own words, which leave out the one in between.
    default: throw invalid(`Invalid grant_type: '${grantType}'. Supported types: authorization_code, client_credentials`)
  }
}

function mustBeClient (parameters: URLSearchParams): void {
  if (required(parameters, 'client_id') !== CLIENT.id) {
    throw new GraphError({ message: 'Error validating application. Invalid application ID.', code: 101 })
  }
  if (required(parameters, 'client_secret') !== CLIENT.secret) {
    throw new GraphError({ message: 'Error validating client secret.', code: 1 })
  }
}

function required (parameters: URLSearchParams, name: string): string {
  const value = parameters.get(name)
  if (!value) throw invalid(`Missing ${name} parameter.`)
  return value
}
