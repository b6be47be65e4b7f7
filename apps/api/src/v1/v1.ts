import cors from '@fastify/cors'
import type { FastifyPluginAsync } from 'fastify'
import { admitCallers } from '../auth/callers.ts'
import { problemResponse } from '../problems/problem-schema.ts'
import type { Services } from '../services.ts'
import { connectorRoutes } from './connector-routes.ts'
import { handshakeRoutes } from './handshake-routes.ts'
import { userTokenRoutes } from './user-token-routes.ts'

/** The JSON API. */
export function v1 (services: Services): FastifyPluginAsync {
  return async (app) => {
    app.removeContentTypeParser('text/plain')
    app.addHook('onRoute', ({ method, schema }) => {
      if (schema !== undefined && method !== 'OPTIONS') schema.response = { ...schema.response as object, '4XX': problemResponse }
    })
    // Answers preflights, so it comes before the callers are looked at. Tokens travel in a header, so there are no credentials.
    await app.register(cors, {
      origin: services.site.allowedOrigins,
      methods: ['GET', 'POST', 'DELETE'],
      allowedHeaders: ['authorization', 'content-type'],
      exposedHeaders: ['location', 'www-authenticate'],
      maxAge: 600
    })
    admitCallers(app, services)

    await app.register(userTokenRoutes(services))
    await app.register(connectorRoutes(services))
    await app.register(handshakeRoutes(services))
  }
}
