import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { findUserSummary, listUsers } from '@carillon/shared/users'
import { exactly, listOf, pageQuery, prefixQuery } from '../../input/fields.ts'
import { notFound } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { toPage } from '../cursor.ts'
import { fromSiteIdCursor, toSiteIdCursor } from '../site-id-cursor.ts'
import { toUserResponse, userResponse } from './response.ts'
import { userParams } from './schema.ts'

export function userRoutes ({ database }: Services): FastifyPluginAsyncTypebox {
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
  }
}
