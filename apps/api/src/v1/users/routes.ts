import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { recordAudit } from '@carillon/shared/audit'
import { deleteUser, findDeletion } from '@carillon/shared/user-data'
import { findUserSummary, listUsers } from '@carillon/shared/users'
import { actorOf, callingUser } from '../../auth/callers.ts'
import { exactly, listOf, pageQuery, prefixQuery } from '../../input/fields.ts'
import { notFound } from '../../problems/problem.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { Services } from '../../services.ts'
import { toPage } from '../cursor.ts'
import { fromSiteIdCursor, toSiteIdCursor } from '../site-id-cursor.ts'
import { exportUser } from './export-user.ts'
import { userExportResponse } from './export-response.ts'
import { toUserDeletionResponse, userDeletionResponse } from './deletion-response.ts'
import { toUserResponse, userResponse } from './response.ts'
import { userParams } from './schema.ts'

export function userRoutes (services: Services): FastifyPluginAsyncTypebox {
  const { database, now, providers, vault } = services
  const canRevoke = (provider: string): boolean => providers.get(provider)?.revoke !== undefined
  return async (app) => {
    app.get('/users', {
      config: { callers: { scope: 'users:write' } },
      schema: {
        operationId: 'listUsers',
        tags: ['users'],
        summary: 'List users',
        description: 'In the order of your ids.',
        querystring: exactly({ ...prefixQuery, ...pageQuery }),
        response: { 200: listOf(userResponse) }
      }
    }, async ({ query: { prefix, limit = 50, cursor } }) => {
      const rows = await listUsers(database, { prefix, limit: limit + 1, after: fromSiteIdCursor(cursor) })
      return toPage(rows, limit, ({ externalId }) => toSiteIdCursor(externalId), toUserResponse)
    })

    app.get('/users/:userId', {
      config: { callers: { scope: 'users:write' } },
      schema: {
        operationId: 'getUser',
        tags: ['users'],
        summary: 'Retrieve a user',
        params: userParams,
        response: { 200: userResponse }
      }
    }, async ({ params: { userId } }) => {
      const user = await findUserSummary(database, userId)
      if (user === undefined) throw notFound('user')
      return toUserResponse(user)
    })

    app.delete('/users/:userId', {
      config: { callers: { scope: 'users:write' } },
      schema: {
        operationId: 'deleteUser',
        tags: ['users'],
        summary: 'Delete a user',
        description: 'Ends all access of the user at once. A worker then revokes the access at the providers and erases the data of the user. ' +
          'A repeated request returns the present state.',
        params: userParams,
        response: { 200: userDeletionResponse, 202: userDeletionResponse }
      }
    }, async (request, reply) => {
      const { userId } = request.params
      await deleteUser({ database, vault, canRevoke, actor: actorOf(request) }, userId, now())
      const deletion = await findDeletion(services, userId)
      if (deletion === undefined) throw notFound('user')
      reply.code(deletion.completedAt === null ? 202 : 200).header('location', `/v1/users/${encodeURIComponent(userId)}/deletion`)
      return toUserDeletionResponse(userId, deletion)
    })

    app.get('/users/:userId/export', {
      config: { cost: costs.bulk, callers: { scope: 'users:write', user: true } },
      schema: {
        operationId: 'exportUser',
        tags: ['users'],
        summary: 'Export the data of a user',
        description: 'Returns everything that is stored about the user as one document, without credentials and without the bytes of files. ' +
          'The document is streamed. If it ends early, it is not valid JSON. A user token exports the data of its own user.',
        params: userParams,
        response: { 200: userExportResponse }
      }
    }, async (request, reply) => {
      const { userId } = request.params
      const user = await findUserSummary(database, userId)
      const caller = callingUser(request)
      // To a user, other users do not exist.
      if (user === undefined || (caller !== undefined && caller.id !== user.id)) throw notFound('user')
      const target = { kind: 'user' as const, id: user.id }
      await recordAudit(database, { actor: actorOf(request), action: 'user.exported', target, userId: user.id })
      reply.type('application/json; charset=utf-8')
      return reply.send(Readable.from(exportUser(services, user), { objectMode: false }))
    })

    app.get('/users/:userId/deletion', {
      config: { callers: { scope: 'users:write' } },
      schema: {
        operationId: 'getUserDeletion',
        tags: ['users'],
        summary: 'Retrieve the deletion of a user',
        description: 'If users with this id were deleted several times, returns the latest deletion.',
        params: userParams,
        response: { 200: userDeletionResponse }
      }
    }, async ({ params: { userId } }) => {
      const deletion = await findDeletion(services, userId)
      if (deletion === undefined) throw notFound('deletion')
      return toUserDeletionResponse(userId, deletion)
    })
  }
}
