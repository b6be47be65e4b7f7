import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { disconnect, findConnection, listConnections, listEvents, updateConnection } from '@carillon/shared/connections'
import { recordAudit } from '@carillon/shared/audit'
import type { AuditEntry } from '@carillon/shared/audit'
import { findRevocation } from '@carillon/shared/grants'
import type { Connection } from '@carillon/shared/connections'
import { inTransaction, parseId } from '@carillon/shared/db'
import type { Membership } from '@carillon/shared/teams'
import { skipWaiting } from '@carillon/shared/deliveries'
import { actorOf, callingUser } from '../../auth/callers.ts'
import { chosenTeam, membershipAt, requireOwner } from '../../auth/teams.ts'
import { assertNoInputErrors, notFound, Problem } from '../../problems/problem.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { Services } from '../../services.ts'
import { fromCursor, toCursor, toPage } from '../cursor.ts'
import { exactly, idParams, listOf, pageQuery, providerField, teamIdField, userIdField } from '../../input/fields.ts'
import {
  connectionStatuses, explainedConnectionResponse, connectionResponse, testResultResponse, toExplainedConnectionResponse,
  toConnectionResponse
} from './response.ts'
import { nameFault } from '@carillon/shared/names'
import { connectionUpdateBody } from './schema.ts'
import { testConnection } from '../../connections/test-connection.ts'

export function connectionRoutes (services: Services): FastifyPluginAsyncTypebox {
  const { database, providers, vault } = services
  return async (app) => {
    app.get('/connections', {
      config: { callers: { scope: 'connections:read', user: true }, problems: ['notFound'] },
      schema: {
        operationId: 'listConnections',
        tags: ['connections'],
        summary: 'List connections',
        description: "A user token lists those of its user and of the user's teams.",
        querystring: exactly({
          userId: Type.Optional(userIdField),
          teamId: Type.Optional(teamIdField),
          provider: Type.Optional(providerField),
          status: Type.Optional(Type.Enum(connectionStatuses)),
          ...pageQuery
        }),
        response: { 200: listOf(connectionResponse) }
      }
    }, async (request) => {
      const { userId, teamId, provider, status, limit = 50, cursor } = request.query
      const after = fromCursor(cursor)
      const user = callingUser(request)
      if (user !== undefined && teamId !== undefined) await chosenTeam(database, request, teamId)
      // To a user, the connections of others do not exist.
      const filter = { userId, teamId, visibleTo: user?.id, provider, status }
      const rows = await listConnections(database, filter, { limit: limit + 1, after })
      return toPage(rows, limit, ({ id }) => toCursor(id), toConnectionResponse)
    })

    app.get('/connections/:id', {
      config: { callers: { scope: 'connections:read', user: true } },
      schema: {
        operationId: 'getConnection',
        tags: ['connections'],
        summary: 'Retrieve a connection',
        description: 'The response contains its history.',
        params: idParams,
        response: { 200: explainedConnectionResponse }
      }
    }, async (request) => {
      const { connection } = await find(request, request.params.id)
      const revocation = await findRevocation(database, connection.id)
      return toExplainedConnectionResponse(connection, revocation, await listEvents(database, connection.id))
    })

    app.patch('/connections/:id', {
      config: { callers: { scope: 'connections:write', user: true }, problems: ['notOwner', 'connectionClosed'] },
      schema: {
        operationId: 'updateConnection',
        tags: ['connections'],
        summary: 'Update a connection',
        description: 'Names the connection, or mutes it.',
        params: idParams,
        body: connectionUpdateBody,
        response: { 200: connectionResponse }
      }
    }, async (request) => {
      const connection = await findManaged(request, request.params.id)
      const { label, muted } = request.body
      const fault = label === undefined || label === null ? undefined : nameFault(label)
      if (fault !== undefined) assertNoInputErrors([{ path: 'label', message: fault }])
      const update = { label, ...muted !== undefined && { muted: muted ? 'muted' as const : null } }
      const changed = await inTransaction(database, async (tx) => {
        const changed = await updateConnection(tx, connection.id, update)
        if (changed !== undefined && changed.length > 0) {
          const details = { provider: connection.provider, changed, ...changed.includes('muted') && { muted } }
          await recordAudit(tx, { actor: actorOf(request), action: 'connection.changed', ...describeConnection(connection), details })
        }
        return changed
      })
      if (changed === undefined) throw new Problem('connectionClosed', 'The connection is closed: the user disconnected it, or the provider ended it')
      return toConnectionResponse((await find(request, request.params.id)).connection)
    })

    app.delete('/connections/:id', {
      config: { callers: { scope: 'connections:write', user: true }, problems: ['notOwner'] },
      schema: {
        operationId: 'disconnect',
        tags: ['connections'],
        summary: 'Disconnect a connection',
        description: 'Deletes and revokes the credentials, and skips waiting deliveries.',
        params: idParams,
        response: { 204: Type.Null({ description: 'The connection is closed' }) }
      }
    }, async (request, reply) => {
      const connection = await findManaged(request, request.params.id)
      const { id, provider } = connection
      await inTransaction(database, async (tx) => {
        const isOpen = await disconnect(tx, id, { revokeWith: providers.get(provider)?.revoke === undefined ? undefined : vault })
        if (!isOpen) return
        await recordAudit(tx, { actor: actorOf(request), action: 'connection.disconnected', ...describeConnection(connection), details: { provider } })
      })
      await skipWaiting(database, id)
      reply.code(204)
      return null
    })

    app.post('/connections/:id/test', {
      config: { cost: costs.outgoing, callers: { scope: 'connections:write', user: true }, problems: ['notOwner', 'connectionClosed', 'tooManyRequests'] },
      schema: {
        operationId: 'testConnection',
        tags: ['connections'],
        summary: 'Test a connection',
        description: 'Sends a test message now. If the provider cannot send, it checks the credentials.',
        params: idParams,
        response: { 200: testResultResponse }
      }
    }, async (request) => testConnection(services, await findManaged(request, request.params.id)))
  }

  /** To a user, the connections of other users and of other teams do not exist. */
  async function find (request: FastifyRequest, publicId: string): Promise<{ connection: Connection, membership?: Membership }> {
    const id = parseId('connection', publicId)
    const connection = id === undefined ? undefined : await findConnection(database, id)
    const user = callingUser(request)
    if (connection === undefined) throw notFound('connection')
    if (user === undefined || connection.owner.userId === user.id) return { connection }
    const membership = await membershipAt(database, connection, user)
    if (membership === undefined) throw notFound('connection')
    return { connection, membership }
  }

  /** A connection that the caller may manage. All members of a team see its connections, and the owner manages them. */
  async function findManaged (request: FastifyRequest, publicId: string): Promise<Connection> {
    const { connection, membership } = await find(request, publicId)
    if (membership !== undefined) requireOwner(membership)
    return connection
  }
}

/** What the audit trail says about a connection. */
function describeConnection ({ id, owner: { userId, teamId } }: Connection): Pick<AuditEntry, 'target' | 'userId' | 'teamId'> {
  return { target: { kind: 'connection', id }, userId, teamId }
}
