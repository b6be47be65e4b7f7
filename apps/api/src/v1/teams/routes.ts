import type { Static } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { recordAudit } from '@carillon/shared/audit'
import { inTransaction, publicId } from '@carillon/shared/db'
import { findTeam, listMemberIds, listTeams, putTeam } from '@carillon/shared/teams'
import { actorOf } from '../../auth/callers.ts'
import { notFound, assertNoInputErrors } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { exactly, listOf, nameErrors, pageQuery, prefixQuery } from '../../input/fields.ts'
import { toPage } from '../cursor.ts'
import { describeTeamChange } from './describe-team-change.ts'
import { fromSiteIdCursor, toSiteIdCursor } from '../site-id-cursor.ts'
import { teamResponse, teamSummaryResponse, toTeamSummaryResponse } from './response.ts'
import { teamBody, teamParams } from './schema.ts'

/** 5,000 members with the longest ids, and the other fields. */
const bodyLimit = 4 * 1024 * 1024

export function teamRoutes ({ database }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.put('/teams/:teamId', {
      bodyLimit,
      config: { callers: { scope: 'teams:write' } },
      schema: {
        operationId: 'putTeam',
        tags: ['teams'],
        summary: 'Create or replace a team',
        description: 'Users who are new are created.',
        params: teamParams,
        body: teamBody,
        response: { 200: teamResponse, 201: teamResponse }
      }
    }, async (request, reply) => {
      const { params: { teamId: externalId }, body } = request
      assertNoInputErrors(nameErrors('name', body.name))
      const { isNew } = await inTransaction(database, async (tx) => {
        const change = await putTeam(tx, { externalId, ...body })
        await recordAudit(tx, ...describeTeamChange(actorOf(request), change))
        return change
      })
      reply.code(isNew ? 201 : 200)
      return await show(externalId)
    })

    app.get('/teams', {
      config: { callers: { scope: 'teams:write' } },
      schema: {
        operationId: 'listTeams',
        tags: ['teams'],
        summary: 'List teams',
        description: 'In the order of your ids.',
        querystring: exactly({ ...prefixQuery, ...pageQuery }),
        response: { 200: listOf(teamSummaryResponse) }
      }
    }, async ({ query: { prefix, limit = 50, cursor } }) => {
      const rows = await listTeams(database, { prefix, limit: limit + 1, after: fromSiteIdCursor(cursor) })
      return toPage(rows, limit, ({ externalId }) => toSiteIdCursor(externalId), toTeamSummaryResponse)
    })

    app.get('/teams/:teamId', {
      config: { callers: { scope: 'teams:write' } },
      schema: {
        operationId: 'getTeam',
        tags: ['teams'],
        summary: 'Retrieve a team',
        description: 'The response contains its members.',
        params: teamParams,
        response: { 200: teamResponse }
      }
    }, async ({ params: { teamId } }) => show(teamId))
  }

  async function show (externalId: string): Promise<Static<typeof teamResponse>> {
    const team = await findTeam(database, externalId)
    if (team === undefined) throw notFound('team')
    const { id, name, owner } = team
    return { id: publicId('team', id), teamId: externalId, name, ownerId: owner.externalId, memberIds: await listMemberIds(database, id) }
  }
}
