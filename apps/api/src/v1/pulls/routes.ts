import accepts from '@fastify/accepts'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Connection } from '@carillon/shared/connections'
import { findPull, listInsights, requestPull, sumInsights } from '@carillon/shared/pulls'
import { startPull } from '../../connections/store-connections.ts'
import { chargeOutgoing } from '../../outgoing-budget.ts'
import { Problem, assertNoInputErrors } from '../../problems/problem.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { Services } from '../../services.ts'
import { insightsCsv } from './insights-csv.ts'
import { fromInsightsCursor, toInsightsCursor } from './insights-cursor.ts'
import { connectionById, connectionOfTeam } from './pulled-connection.ts'
import { insightsResponse, pullResponse, toPullResponse, toPullSourceResponse } from './response.ts'
import { connectionPullParams, insightsQuery, teamPullParams } from './schema.ts'
import type { InsightsQuery } from './schema.ts'

/** The accounts, and the latest days of some of them. */
const requestsPerRefresh = 5

/** The data that is read through connections. */
export function pullRoutes (services: Services): FastifyPluginAsyncTypebox {
  const { database } = services
  return async (app) => {
    await app.register(accepts)

    app.get('/teams/:teamId/pulls/:provider/:name', {
      config: { callers: { scope: 'connections:read', user: true }, problems: ['notConnected'] },
      schema: {
        operationId: 'getTeamInsights',
        tags: ['teams'],
        summary: 'List the insights of a team',
        description: 'By day and ad account.',
        params: teamPullParams,
        querystring: insightsQuery,
        response: insightsResponse
      }
    }, async (request, reply) => list(request, reply, request.query, await connectionOfTeam(services, request, request.params)))

    app.get('/connections/:id/pulls/:name', {
      config: { callers: { scope: 'connections:read', user: true } },
      schema: {
        operationId: 'getInsights',
        tags: ['connections'],
        summary: 'List the insights of a connection',
        description: 'By day and ad account.',
        params: connectionPullParams,
        querystring: insightsQuery,
        response: insightsResponse
      }
    }, async (request, reply) => list(request, reply, request.query, await connectionById(services, request, request.params)))

    app.post('/teams/:teamId/pulls/:provider/:name/refresh', {
      config: { cost: costs.outgoing, callers: { scope: 'connections:write', user: true }, problems: ['notOwner', 'notConnected', 'connectionClosed', 'needsReauth', 'tooManyRequests'] },
      schema: {
        operationId: 'refreshTeamInsights',
        tags: ['teams'],
        summary: 'Read the insights of a team now',
        description: 'Waits for the rate limit of the provider. A user token must belong to the owner of the team.',
        params: teamPullParams,
        response: { 202: pullResponse }
      }
    }, async (request, reply) => {
      const connection = await connectionOfTeam(services, request, request.params, true)
      const { id, statusReason, owner } = connection
      const provider = services.providers.get(connection.provider)
      if (provider !== undefined) await chargeOutgoing(services, { owner, provider, cost: requestsPerRefresh })
      if (!await requestPull(database, id)) throw new Problem('needsReauth', statusReason ?? 'The owner has to reconnect it')
      const pull = await findPull(database, id)
      if (pull === undefined) throw new Problem('connectionClosed', 'The connection was closed meanwhile')
      await startPull(services)
      reply.code(202)
      return toPullResponse(pull)
    })
  }

  async function list (request: FastifyRequest, reply: FastifyReply, query: InsightsQuery, connection: Connection) {
    const { id: connectionId, provider } = connection
    const { since, until, account, limit = 50, cursor } = query
    if (since !== undefined && until !== undefined && since > until) assertNoInputErrors([{ path: 'until', message: 'is before since' }])
    const filter = { connectionId, since, until, account }
    reply.header('vary', 'accept')
    if (request.accepts().type(['application/json', 'text/csv']) === 'text/csv') {
      reply.type('text/csv; charset=utf-8').header('content-disposition', `attachment; filename="${provider}.csv"`)
      return reply.send(insightsCsv(database, filter))
    }
    const rows = await listInsights(database, filter, { limit: limit + 1, after: fromInsightsCursor(cursor) })
    const data = rows.slice(0, limit)
    const last = data.at(-1)
    const pull = await findPull(database, connectionId)
    return {
      data,
      nextCursor: rows.length > limit && last !== undefined ? toInsightsCursor(last) : null,
      totals: await sumInsights(database, filter),
      connection: toPullSourceResponse(connection),
      pull: pull === undefined ? null : toPullResponse(pull)
    }
  }
}
