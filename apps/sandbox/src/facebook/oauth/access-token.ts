import type { FastifyInstance } from 'fastify'
import { tokenEndpoint } from '../../kit/oauth/token-endpoint.ts'
import { GraphError, invalid } from '../graph/graph-error.ts'
import { parametersOf } from '../graph/parameters.ts'
import type { Person } from '../people.ts'
import type { World } from '../world.ts'
import { CLIENT } from './client.ts'
import { LONG_SECONDS, SHORT_SECONDS } from './tokens.ts'

const MISMATCH = 'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request'

/** The token endpoint accepts GET and POST. It sends errors of the Graph API instead of those of RFC 6749. */
export function accessTokenRoutes (app: FastifyInstance, { codes, people, tokens }: World): void {
  tokenEndpoint(app, {
    path: '/oauth/access_token',
    methods: ['GET', 'POST'],
    parametersOf,
    authenticate: assertClient,
    defaultGrantType: 'authorization_code',

    grantTypes: {
      authorization_code (parameters) {
        const person = redeemCode(required(parameters, 'code'), required(parameters, 'redirect_uri'))
        return { access_token: tokens.issue(person, false).accessToken, token_type: 'bearer', expires_in: SHORT_SECONDS }
      },

      fb_exchange_token (parameters) {
        const { accessToken } = tokens.exchange(required(parameters, 'fb_exchange_token'))
        return { access_token: accessToken, token_type: 'bearer', expires_in: LONG_SECONDS }
      },

      client_credentials: () => ({ access_token: tokens.issueApp(), token_type: 'bearer' })
    },

    // Facebook's message omits fb_exchange_token.
    unsupported: (grantType) => invalid(`Invalid grant_type: '${grantType}'. Supported types: authorization_code, client_credentials`)
  })

  function redeemCode (code: string, redirectUri: string): Person {
    const found = codes.find(code)
    if (found === undefined) throw invalid('Invalid verification code format.')
    if (found.redirectUri !== redirectUri) {
      throw new GraphError({ message: MISMATCH, code: 100 }, {
        'www-authenticate': `OAuth "Facebook Platform" "invalid_code" "${MISMATCH}"`,
        'cache-control': 'no-store'
      })
    }
    if (found.isUsed) throw invalid('This authorization code has been used.')
    if (codes.redeem(code) === undefined) throw invalid('This authorization code has expired.')
    return people.open(found.account)
  }
}

function assertClient (parameters: URLSearchParams): void {
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
