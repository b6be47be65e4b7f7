import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { publicId } from '@carillon/shared/db'
import { findTeam, listMemberIds, putTeam } from '@carillon/shared/teams'
import { notFound, assertNoInputErrors } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { exactly, nameErrors, nameField, teamIdField, userIdField } from '../../input/fields.ts'

/** 5,000 members with the longest ids, and the other fields. */
const bodyLimit = 4 * 1024 * 1024

const params = Type.Object({ teamId: teamIdField })

const teamBody = exactly({
  name: nameField('The display name of the team'),
  ownerId: Type.String({ ...userIdField, description: 'Your id of the user who owns the team: only the owner connects and disconnects for it. The owner is always a member' }),
  memberIds: Type.Array(userIdField, {
    maxItems: 5_000, uniqueItems: true, description: 'Your ids of all members. Users who are not in the list leave the team'
  })
})

const teamResponse = Type.Object({
  id: Type.String({ description: '`tea_…`' }),
  teamId: Type.String({ description: 'Your id of the team' }),
  name: Type.String(),
  ownerId: Type.String({ description: 'Your id of the owner' }),
  memberIds: Type.Array(Type.String(), { description: 'Your ids of all members, including the owner' })
}, { title: 'Team' })

export function teamRoutes ({ database }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.put('/teams/:teamId', {
      bodyLimit,
      config: { callers: { scope: 'teams:write' } },
      schema: {
        operationId: 'putTeam',
        tags: ['teams'],
        summary: 'Create or replace a team. Creates users who are new',
        params,
        body: teamBody,
        response: { 200: teamResponse, 201: teamResponse }
      }
    }, async ({ params: { teamId: externalId }, body }, reply) => {
      assertNoInputErrors(nameErrors('name', body.name))
      const { isNew } = await putTeam(database, { externalId, ...body })
      reply.code(isNew ? 201 : 200)
      return await show(externalId)
    })

    app.get('/teams/:teamId', {
      config: { callers: { scope: 'teams:write' } },
      schema: {
        operationId: 'getTeam',
        tags: ['teams'],
        summary: 'Retrieve a team with its members',
        params,
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
