import cors from '@fastify/cors'
import { Type } from 'typebox'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { isAllowedOrigin } from '../allowed-origin.ts'
import { admitCallers } from '../auth/callers.ts'
import { acceptsKey } from '../idempotency/accepts-key.ts'
import { repeatResponses } from '../idempotency/repeat-responses.ts'
import { readJsonBodies } from '../input/json-body.ts'
import { toRouteProblem } from '../problems/addresses.ts'
import { problemResponse } from '../problems/problem-schema.ts'
import type { Services } from '../services.ts'
import { apiKeyRoutes } from './api-keys/routes.ts'
import { auditRoutes } from './audit/routes.ts'
import { connectionRoutes } from './connections/routes.ts'
import { connectorRoutes } from './connectors/routes.ts'
import { deliveryRoutes } from './deliveries/routes.ts'
import { attemptRoutes } from './endpoints/attempt-routes.ts'
import { endpointRoutes } from './endpoints/routes.ts'
import { resendRoutes } from './endpoints/resend-routes.ts'
import { eventRoutes } from './events/routes.ts'
import { eventStreamRoutes } from './events/stream-routes.ts'
import { limitStreams } from './limit-streams.ts'
import { progressRoutes } from './notifications/progress-routes.ts'
import { handshakeRoutes } from './handshakes/routes.ts'
import { importRoutes } from './connections/import-routes.ts'
import { notificationRoutes } from './notifications/routes.ts'
import { previewRoutes } from './notifications/preview-routes.ts'
import { providerRoutes } from './providers/routes.ts'
import { proxyRoutes } from './proxy/routes.ts'
import { pullRoutes } from './pulls/routes.ts'
import { controlRoutes } from './notifications/control-routes.ts'
import { statusRoutes } from './status/routes.ts'
import { teamRoutes } from './teams/routes.ts'
import { userRoutes } from './users/routes.ts'
import { userTokenRoutes } from './user-tokens/routes.ts'
import { whyRoutes } from './why/routes.ts'

/** The JSON API. */
export function v1 (services: Services): FastifyPluginAsync {
  return async (app) => {
    readJsonBodies(app)
    app.addHook('onRoute', describeRoute)
    app.addHook('onRequest', refusePlainOptions)
    app.addHook('onSend', forbidCaching)
    // Registered here, so that the headers of the API are set too.
    app.setNotFoundHandler(async (request) => { throw toRouteProblem(request) })
    // Preflights carry no token, so CORS comes before authentication. Tokens are in a header, so cookies are not allowed.
    await app.register(cors, {
      origin: (origin, done) => { done(null, origin !== undefined && isAllowedOrigin(services.site, origin)) },
      methods: ['GET', 'POST', 'PATCH', 'DELETE'],
      allowedHeaders: ['authorization', 'content-type', 'idempotency-key', 'last-event-id', 'x-request-id'],
      exposedHeaders: [
        'idempotency-replayed', 'location', 'ratelimit-limit', 'ratelimit-policy', 'ratelimit-remaining', 'ratelimit-reset', 'retry-after',
        'www-authenticate', 'x-request-id'
      ],
      maxAge: 600
    })
    admitCallers(app, services)
    repeatResponses(app, services)
    limitStreams(app, services)

    await app.register(userTokenRoutes(services))
    await app.register(userRoutes(services))
    await app.register(teamRoutes(services))
    await app.register(connectorRoutes(services))
    await app.register(handshakeRoutes(services))
    await app.register(connectionRoutes(services))
    await app.register(pullRoutes(services))
    await app.register(proxyRoutes(services))
    await app.register(importRoutes(services))
    await app.register(notificationRoutes(services))
    await app.register(previewRoutes(services))
    await app.register(controlRoutes(services))
    await app.register(progressRoutes(services))
    await app.register(deliveryRoutes(services))
    await app.register(whyRoutes(services))
    await app.register(providerRoutes(services))
    await app.register(eventRoutes(services))
    await app.register(eventStreamRoutes(services))
    await app.register(endpointRoutes(services))
    await app.register(attemptRoutes(services))
    await app.register(statusRoutes(services))
    await app.register(apiKeyRoutes(services))
    await app.register(auditRoutes(services))
    await app.register(resendRoutes(services))
  }
}

/** Every path supports OPTIONS as a preflight. Other OPTIONS requests need a route with the method, such as the proxy. */
async function refusePlainOptions (request: FastifyRequest): Promise<void> {
  const { method, headers, routeOptions: { config } } = request
  const isPreflight = headers.origin !== undefined && headers['access-control-request-method'] !== undefined
  if (method === 'OPTIONS' && config.callers === undefined && !isPreflight) throw toRouteProblem(request)
}

/** Responses contain private data, so no cache may store them, whatever headers a provider sends through the proxy. */
async function forbidCaching (_request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  const cacheControl = String(reply.getHeader('cache-control') ?? '')
  if (!cacheControl.includes('no-store')) reply.header('cache-control', 'no-store')
  reply.header('x-content-type-options', 'nosniff')
  return payload
}

const idempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(Type.String({
    minLength: 1,
    maxLength: 255,
    description: 'A unique text, such as a UUID. A repeated request with the same key gets the first response, for 24 hours'
  }))
})

/** Adds to the schema of every call: its problems, and the credentials that it requires. The contract lists both. */
function describeRoute ({ schema, method, config }: RouteOptions): void {
  if (schema === undefined || schema.hide === true) return
  if (acceptsKey({ method, config })) schema.headers = idempotencyHeaders
  const { scope, user } = config?.callers ?? {}
  schema.response = { '4XX': problemResponse, '5XX': problemResponse, ...schema.response ?? {} }
  schema.security = [...scope === undefined ? [] : [{ apiKey: [scope] }], ...user === true ? [{ userToken: [] }] : []]
}
