import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { disconnect, findConnection, findRevocation, listConnections, listEvents } from '@carillon/shared/connections'
import type { Connection } from '@carillon/shared/connections'
import { parseId } from '@carillon/shared/db'
import { skipWaiting } from '@carillon/shared/notifications'
import { callingUser } from '../auth/callers.ts'
import { notFound } from '../problems/problem.ts'
import type { Services } from '../services.ts'
import { fromCursor, toPage } from './cursor.ts'
import { exactly, idParams, listOf, pageQuery, providerField, userIdField } from './fields.ts'
import { connectionStatuses, explainedConnection, shownConnection, toExplainedConnection, toShownConnection } from './shown-connection.ts'
import { testConnection, testResult } from './test-connection.ts'

export function connectionRoutes (services: Services): FastifyPluginAsyncTypebox {
  const { database, providers, vault } = services
  return async (app) => {
    app.get('/connections', {
      config: { callers: { scope: 'connections:read', user: true } },
      schema: {
        operationId: 'listConnections',
        tags: ['connections'],
        summary: 'All connections, or the calling user\'s own',
        querystring: exactly({
          userId: Type.Optional(userIdField),
          provider: Type.Optional(providerField),
          status: Type.Optional(Type.Enum(connectionStatuses)),
          ...pageQuery
        }),
        response: { 200: listOf(shownConnection) }
      }
    }, async (request) => {
      const { userId, provider, status, limit = 50, cursor } = request.query
      const after = fromCursor(cursor)
      const own = callingUser(request)?.externalId
      // Somebody else's connections are none, for a user.
      if (own !== undefined && userId !== undefined && userId !== own) return { data: [], nextCursor: null }
      const rows = await listConnections(database, { userId: own ?? userId, provider, status }, { limit: limit + 1, after })
      return toPage(rows, limit, ({ id }) => id, toShownConnection)
    })

    app.get('/connections/:id', {
      config: { callers: { scope: 'connections:read', user: true } },
      schema: {
        operationId: 'getConnection',
        tags: ['connections'],
        summary: 'One connection, and what has happened to it',
        params: idParams,
        response: { 200: explainedConnection }
      }
    }, async (request) => {
      const connection = await find(request, request.params.id)
      const revocation = await findRevocation(database, connection.id)
      return toExplainedConnection(connection, revocation, await listEvents(database, connection.id))
    })

    app.delete('/connections/:id', {
      config: { callers: { scope: 'connections:write', user: true } },
      schema: {
        operationId: 'disconnect',
        tags: ['connections'],
        summary: 'Disconnect: erase the credentials, have them ended at the provider, and skip what waits',
        params: idParams,
        response: { 204: Type.Null({ description: 'It is closed' }) }
      }
    }, async (request, reply) => {
      const { id, provider } = await find(request, request.params.id)
      await disconnect(database, id, { revokeWith: providers.get(provider)?.revoke === undefined ? undefined : vault })
      await skipWaiting(database, id)
      reply.code(204)
      return null
    })

    app.post('/connections/:id/test', {
      config: { callers: { scope: 'connections:write', user: true } },
      schema: {
        operationId: 'testConnection',
        tags: ['connections'],
        summary: 'Send a test message right now, and see what the provider says',
        params: idParams,
        response: { 200: testResult }
      }
    }, async (request) => testConnection(services, await find(request, request.params.id)))
  }

  /** To a user, other people's connections do not exist. */
  async function find (request: FastifyRequest, publicId: string): Promise<Connection> {
    const id = parseId('connection', publicId)
    const connection = id === undefined ? undefined : await findConnection(database, id)
    const user = callingUser(request)
    if (connection === undefined || (user !== undefined && connection.ownerId !== user.id)) throw notFound('connection')
    return connection
  }
}
