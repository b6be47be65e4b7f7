import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createKeyUses } from '@carillon/shared/api-keys'
import type { ApiKey, CheckedKey } from '@carillon/shared/api-keys'
import type { Actor } from '@carillon/shared/audit'
import type { Scope } from '@carillon/shared/db'
import { logRepeats } from '@carillon/shared/log'
import type { User } from '@carillon/shared/users'
import { readReturnTo } from '../handshakes/return-to.ts'
import { Problem } from '../problems/problem.ts'
import { networkOf } from '../rate-limits/network-of.ts'
import type { Services, Site } from '../services.ts'
import { readBearer } from './bearer.ts'
import { createUserIdentifier } from './identify-user.ts'
import type { UserCaller } from './identify-user.ts'
import { createKeys } from './keys.ts'

/**
 * Who may call a route: API keys with this scope, users, or both. A route that `confirmsKey` checks in its own statement that the
 * key was neither revoked nor changed, so a cached key is enough to call it.
 */
type Callers = { scope: Scope, user?: true, confirmsKey?: true } | { scope?: never, user: true, confirmsKey?: never }

type Caller = { kind: 'key', key: ApiKey } | UserCaller

declare module 'fastify' {
  interface FastifyContextConfig {
    callers?: Callers
  }
  interface FastifyRequest {
    caller: Caller | null
  }
  interface FastifyInstance {
    /**
     * For streaming responses: calls back when the caller may not call the route any more, because the key or the token was
     * revoked, or the token has expired. Checks until the returned function is called.
     */
    watchCaller: (request: FastifyRequest, onLost: () => void) => () => void
    /** The calling API key as it is now. For routes that `confirmsKey`, whose statement refused the cached one. */
    readCallingKey: (request: FastifyRequest) => Promise<ApiKey | undefined>
  }
}

/** Each stream is checked at this interval. Its key is queried at most once in ten seconds. */
const recheckMs = 5_000

/** Authenticates and authorizes callers. A route without `callers` cannot be added, so no route is open by mistake. */
export function admitCallers (app: FastifyInstance, services: Services): void {
  const identifyUser = createUserIdentifier(services)
  const keys = createKeys(services.database, services.now)
  const uses = createKeyUses({
    database: services.database, onError: logRepeats(services.log, 'warn', 'could not store the last use of API keys')
  })
  app.decorateRequest('caller', null)
  app.addHook('onClose', async () => { await uses.close() })

  app.addHook('onRoute', ({ method, url, config }) => {
    if (method !== 'OPTIONS' && callersOf(config) === undefined) throw new TypeError(`${url} does not say who may call it`)
  })

  app.addHook('onRequest', async (request, reply) => {
    const callers = callersOf(request.routeOptions.config)
    if (callers === undefined) return
    const caller = await identifyBearer(request, reply, callers)
    request.caller = caller
    app.chargeCaller(request, reply)
    admit(caller, callers)
  })

  /** A request without a valid token is charged to its network. An error of the database says nothing about the token. */
  async function identifyBearer (request: FastifyRequest, reply: FastifyReply, callers: Callers): Promise<Caller> {
    try {
      const caller = await identify(request, callers)
      const expiresAt = caller.kind === 'key' ? caller.key.expiresAt : null
      if (expiresAt !== null) reply.header('carillon-key-expires-at', expiresAt.toISOString())
      return caller
    } catch (error) {
      if (error instanceof Problem) app.chargeNetwork(request, reply)
      throw error
    }
  }

  app.decorate('watchCaller', (request, onLost) => {
    const timer = setInterval(() => {
      check(request).catch((error: unknown) => {
        // An error of the database says nothing about the caller.
        if (!(error instanceof Problem)) return
        clearInterval(timer)
        onLost()
      })
    }, recheckMs).unref()
    return () => clearInterval(timer)
  })

  async function check (request: FastifyRequest): Promise<void> {
    const callers = callersOf(request.routeOptions.config)
    if (callers !== undefined) admit(await identify(request, { ...callers, confirmsKey: true }), callers)
  }

  app.decorate('readCallingKey', async (request) => {
    const caller = await identify(request, {})
    return caller.kind === 'key' ? caller.key : undefined
  })

  async function identify (request: FastifyRequest, { confirmsKey }: { confirmsKey?: true }): Promise<Caller> {
    const token = bearerOf(request)
    if (token.startsWith('ck_')) {
      const key = requireValid(await (confirmsKey === true ? keys.recall(token) : keys.find(token)))
      uses.record(key.id, services.now(), () => networkOf(request.ip))
      return { kind: 'key', key }
    }
    const user = await identifyUser(token)
    if (user === 'invalid') throw invalidToken('The token is invalid or has expired')
    if (user === 'revoked') refuseRevokedToken()
    return user
  }
}

/** Throws the problem of an unknown or revoked key. */
export function refuseKey (): never {
  throw invalidToken('The API key is unknown or revoked')
}

/** Throws the problem of a user token that was revoked. */
export function refuseRevokedToken (): never {
  throw new Problem('tokenRevoked', 'The tokens of this user were revoked: create a new one', { headers: invalidTokenHeaders })
}

function requireValid (checked: CheckedKey | undefined): ApiKey {
  switch (checked?.state) {
    case undefined: return refuseKey()
    case 'valid': return checked.key
    case 'expired': throw expired(`The API key expired at ${checked.at.toISOString()}: use another key`)
    case 'replaced': throw expired(`The API key was rotated, and this secret of it ended at ${checked.at.toISOString()}: use the new one`)
  }
}

function expired (detail: string): Problem {
  return new Problem('apiKeyExpired', detail, { headers: invalidTokenHeaders })
}

/** The calling user; undefined for an operator, who may see the data of all users. */
export function callingUser ({ caller }: FastifyRequest): User | undefined {
  return caller?.kind === 'user' ? caller.user : undefined
}

/** The calling user of a route that only users may call. */
export function requireUser (request: FastifyRequest): User {
  return callingUser(request) ?? refuse(new Problem('wrongCaller', 'This call requires a user token'))
}

/** The generation of the calling user's token, which a revocation makes invalid. */
export function tokenGenerationOf ({ caller }: FastifyRequest): number | undefined {
  return caller?.kind === 'user' ? caller.generation : undefined
}

/** The return URL of the calling user's token, if it is still one of the site. */
export function returnToOf ({ caller }: FastifyRequest, site: Site): string | undefined {
  return readReturnTo(site, caller?.kind === 'user' ? caller.returnTo : undefined).url
}

/** The id of the calling user or API key. */
export function requireCallerId (request: FastifyRequest): string {
  return actorOf(request).id
}

/** The caller, as the audit trail records it. */
export function actorOf ({ caller }: FastifyRequest): Extract<Actor, { id: string }> {
  if (caller === null) throw new TypeError('the route does not say who may call it')
  return caller.kind === 'key' ? { kind: 'apiKey', id: caller.key.id } : { kind: 'user', id: caller.user.id }
}

/** The calling API key; undefined for a user. */
export function callingKey ({ caller }: FastifyRequest): ApiKey | undefined {
  return caller?.kind === 'key' ? caller.key : undefined
}

/** Throws Problem when the caller does not have a scope beyond that of the route. */
export function requireScope ({ caller }: FastifyRequest, scope: Scope): void {
  if (caller !== null) admit(caller, { scope })
}

function callersOf (config: FastifyContextConfig | undefined): Callers | undefined {
  return config?.callers
}

function bearerOf (request: FastifyRequest): string {
  const token = readBearer(request)
  // RFC 6750 §3.1: the response to a request without credentials has no error code.
  return token ?? refuse(new Problem('unauthenticated', 'Send an API key or a user token as `Authorization: Bearer …`', {
    headers: { 'www-authenticate': 'Bearer realm="carillon"' }
  }))
}

function admit (caller: Caller, { scope, user }: Callers): void {
  if (caller.kind === 'user') {
    if (user === true) return
    throw new Problem('wrongCaller', `This call requires an API key with the scope ${scope ?? ''}`)
  }
  if (scope === undefined) throw new Problem('wrongCaller', 'This call requires a user token')
  if (caller.key.scopes.includes(scope)) return
  throw new Problem('insufficientScope', `The API key needs the scope ${scope}`, {
    headers: { 'www-authenticate': `Bearer realm="carillon", error="insufficient_scope", scope="${scope}"` }
  })
}

function invalidToken (detail: string): Problem {
  return new Problem('invalidToken', detail, { headers: invalidTokenHeaders })
}

const invalidTokenHeaders = { 'www-authenticate': 'Bearer realm="carillon", error="invalid_token"' }

function refuse (problem: Problem): never {
  throw problem
}
