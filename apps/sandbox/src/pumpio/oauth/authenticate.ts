import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../kit/clock.ts'
import type { Client } from './clients.ts'
import { Crash } from '../http/crash.ts'
import { HttpError } from '../http/http-error.ts'
import { invalidConsumer, invalidSignature, invalidToken, usedNonce } from './oauth-error.ts'
import { isForm, queryOf, valueOf } from './oauth-parameters.ts'
import type { Parameters } from './oauth-parameters.ts'
import { signatureOf } from './oauth-signature.ts'
import { fieldsOf } from '../http/fields.ts'
import type { Sessions } from './sessions.ts'
import { isStale } from './quirks.ts'
import type { IsFreshNonce } from './quirks.ts'
import { readSigned, SIGNED_PARAMETERS } from './token-endpoints.ts'
import type { Grants } from './token-endpoints.ts'
import type { AccessToken } from './tokens.ts'
import type { Users } from '../store/users.ts'
import type { User } from '../store/model.ts'

/** How the routes of the API find out who asks. What is not signed as it should be never gets past these. */
export interface Authenticate {
  /** Reading what anybody may read: a user, an application without one, or a browser that is logged in. */
  anybody: (request: FastifyRequest) => User | undefined
  reader: (request: FastifyRequest) => User
  /** Writing: signed with a token, always. */
  writer: (request: FastifyRequest) => { user: User, client: Client }
  /** Signed without a token. */
  client: (request: FastifyRequest) => Client
  /** For uploads, which may be public: whoever it is. */
  whoever: (request: FastifyRequest) => User | undefined
}

export interface AuthenticateServices extends Grants {
  clock: Clock
  users: Users
  sessions: Sessions
  isFresh: IsFreshNonce
}

export function createAuthenticate (services: AuthenticateServices): Authenticate {
  const { clients, tokens, quirks, clock, users, sessions, isFresh } = services

  function withToken (request: FastifyRequest): { user: User, client: Client } {
    const parameters = readSigned(request, [...SIGNED_PARAMETERS, 'oauth_token'])
    const token = tokens.accessToken(valueOf(parameters, 'oauth_token'))
    if (token === undefined) throw invalidToken(400)
    mustNotBeReplay(parameters, token)
    const client = clients.get(token.clientId)
    if (client === undefined) throw invalidConsumer()
    mustBeSigned(request, parameters, client, token)
    const user = users.get(token.nickname)
    if (user === undefined) throw quirks.crashesForDeletedUsers ? new Crash() : invalidToken(400)
    return { user, client }
  }

  function withoutToken (request: FastifyRequest): Client {
    const parameters = readSigned(request, SIGNED_PARAMETERS)
    mustNotBeReplay(parameters, undefined)
    const client = clients.get(valueOf(parameters, 'oauth_consumer_key'))
    if (client === undefined) throw invalidConsumer()
    mustBeSigned(request, parameters, client)
    return client
  }

  /**
   * pump.io works out whether it has seen the nonce and whether the time is right, and does not look at the result. It
   * does look at an error on the way, which a client that is not there is one of; and not even that on a stale request.
   */
  function mustNotBeReplay (parameters: Parameters, token: AccessToken | undefined): void {
    const [clientId, timestamp, nonce] = ['oauth_consumer_key', 'oauth_timestamp', 'oauth_nonce'].map((name) => valueOf(parameters, name))
    const isStrange = clients.get(clientId ?? '') === undefined || (token !== undefined && token.clientId !== clientId)
    if (isStrange && !isStale(clock, timestamp ?? '')) throw usedNonce()
    if (!quirks.ignoresReplay && !isFresh(clientId ?? '', token?.token ?? '', timestamp ?? '', nonce ?? '')) throw usedNonce()
  }

  function fromSession (request: FastifyRequest): User {
    const user = sessions.userOf(request)
    if (user === undefined) throw new HttpError(401, 'Not logged in.')
    return user
  }

  function signedByAnybody (request: FastifyRequest): User | undefined {
    if (carriesToken(request)) return withToken(request).user
    withoutToken(request)
    return undefined
  }

  return {
    anybody: (request) => saysOAuth(request) ? signedByAnybody(request) : fromSession(request),
    reader: (request) => saysOAuth(request) ? withToken(request).user : fromSession(request),
    writer: withToken,
    client: withoutToken,
    whoever: (request) => saysOAuth(request) ? signedByAnybody(request) : sessions.userOf(request)
  }
}

function mustBeSigned (request: FastifyRequest, parameters: Parameters, client: Client, token?: AccessToken): void {
  if (valueOf(parameters, 'oauth_signature') !== signatureOf(request, parameters, client.secret, token?.secret)) throw invalidSignature(400)
}

/** Reading routes look at the header alone; a request that is signed in its query counts as not signed there. */
function saysOAuth ({ headers: { authorization = '' } }: FastifyRequest): boolean {
  return authorization.startsWith('OAuth')
}

function carriesToken ({ headers, url, body }: FastifyRequest): boolean {
  return headers.authorization?.includes('oauth_token') === true ||
    Boolean(queryOf(url)['oauth_token']) ||
    (isForm(headers['content-type']) && Boolean(fieldsOf(body)['oauth_token']))
}
