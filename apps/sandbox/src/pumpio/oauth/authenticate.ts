import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../kit/clock.ts'
import { fieldsOf } from '../http/fields.ts'
import { Crash, HttpError } from '../http/http-error.ts'
import type { User } from '../store/model.ts'
import { nicknameIn } from '../store/users.ts'
import type { Users } from '../store/users.ts'
import type { Client } from './clients.ts'
import { invalidConsumer, invalidToken, usedNonce } from './oauth-error.ts'
import { isForm, queryOf, valueOf } from './oauth-parameters.ts'
import type { Parameters } from './oauth-parameters.ts'
import { isStale } from './quirks.ts'
import type { UseNonce } from './quirks.ts'
import type { Sessions } from './sessions.ts'
import { assertSigned, readSigned, SIGNED_PARAMETERS } from './signed-request.ts'
import type { Grants } from './token-endpoints.ts'
import type { AccessToken } from './tokens.ts'

/** Authenticates the requests of the API. Each function throws for a wrong signature. */
export interface Authenticate {
  /** For public reads: a user, an application without a user, or a logged-in browser. */
  publicReader: (request: FastifyRequest) => User | undefined
  reader: (request: FastifyRequest) => User
  /** Requires a signature with a token. */
  writer: (request: FastifyRequest) => { user: User, client: Client }
  /** Requires a signature without a token. */
  client: (request: FastifyRequest) => Client
  /** For uploads, which may be public: like `publicReader`, and also without a login. */
  optionalReader: (request: FastifyRequest) => User | undefined
}

export interface AuthenticateServices extends Grants {
  clock: Clock
  users: Users
  sessions: Sessions
  useNonce: UseNonce
}

export function createAuthenticate (services: AuthenticateServices): Authenticate {
  const { clients, tokens, quirks, clock, users, sessions, useNonce } = services

  function withToken (request: FastifyRequest): { user: User, client: Client } {
    const parameters = readSigned(request, [...SIGNED_PARAMETERS, 'oauth_token'])
    const token = tokens.access.byAccessToken(valueOf(parameters, 'oauth_token'))
    if (token === undefined) throw invalidToken(400)
    assertNotReplayed(parameters, token)
    const client = clients.get(token.clientId)
    if (client === undefined) throw invalidConsumer()
    assertSigned(request, parameters, { client: client.secret, token: token.details.secret }, 400)
    const user = users.get(nicknameIn(token.account))
    if (user === undefined) throw quirks.crashesForDeletedUsers ? new Crash() : invalidToken(400)
    return { user, client }
  }

  function withoutToken (request: FastifyRequest): Client {
    const parameters = readSigned(request, SIGNED_PARAMETERS)
    assertNotReplayed(parameters, undefined)
    const client = clients.get(valueOf(parameters, 'oauth_consumer_key'))
    if (client === undefined) throw invalidConsumer()
    assertSigned(request, parameters, { client: client.secret }, 400)
    return client
  }

  /** pump.io checks nonce and time, and ignores the result. An unknown client is an error unless the request is stale. */
  function assertNotReplayed (parameters: Parameters, token: AccessToken | undefined): void {
    const [clientId, timestamp, nonce] = ['oauth_consumer_key', 'oauth_timestamp', 'oauth_nonce'].map((name) => valueOf(parameters, name))
    const isUnknown = clients.get(clientId ?? '') === undefined || (token !== undefined && token.clientId !== clientId)
    if (isUnknown && !isStale(clock, timestamp ?? '')) throw usedNonce()
    if (!quirks.ignoresReplay && !useNonce(clientId ?? '', token?.accessToken ?? '', timestamp ?? '', nonce ?? '')) throw usedNonce()
  }

  function fromSession (request: FastifyRequest): User {
    const user = sessions.userOf(request)
    if (user === undefined) throw new HttpError(401, 'Not logged in.')
    return user
  }

  function readSignature (request: FastifyRequest): User | undefined {
    if (carriesToken(request)) return withToken(request).user
    withoutToken(request)
    return undefined
  }

  return {
    publicReader: (request) => hasOAuthHeader(request) ? readSignature(request) : fromSession(request),
    reader: (request) => hasOAuthHeader(request) ? withToken(request).user : fromSession(request),
    writer: withToken,
    client: withoutToken,
    optionalReader: (request) => hasOAuthHeader(request) ? readSignature(request) : sessions.userOf(request)
  }
}

/** Reading routes check only the header, so a signature in the query does not count. */
function hasOAuthHeader ({ headers: { authorization = '' } }: FastifyRequest): boolean {
  return authorization.startsWith('OAuth')
}

function carriesToken ({ headers, url, body }: FastifyRequest): boolean {
  return headers.authorization?.includes('oauth_token') === true ||
    Boolean(queryOf(url)['oauth_token']) ||
    (isForm(headers['content-type']) && Boolean(fieldsOf(body)['oauth_token']))
}
