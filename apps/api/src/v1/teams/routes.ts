import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { publicId } from '@carillon/shared/db'
import { findTeam, listMemberIds, putTeam } from '@carillon/shared/teams'
import { notFound, refuseFaults } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { exactly, nameFaults, nameField, teamIdField, userIdField } from '../fields.ts'

/** Five thousand members of the longest ids, and room for the rest. */
const bodyLimit = 4 * 1024 * 1024

const params = Type.Object({ teamId: teamIdField })

const wantedTeam = exactly({
  name: nameField('What pages call the team'),
  ownerId: Type.String({ ...userIdField, description: 'The user who connects and disconnects for the team, by your id; always a member' }),
  memberIds: Type.Array(userIdField, {
    maxItems: 5_000, uniqueItems: true, description: 'All who are in the team, by your ids; whoever is not named is in it no more'
  })
})

const shownTeam = Type.Object({
  id: Type.String({ description: '`tea_…`' }),
  teamId: Type.String({ description: "The site's own id of the team" }),
  name: Type.String(),
  ownerId: Type.String({ description: "The site's own id of the user" }),
  memberIds: Type.Array(Type.String(), { description: 'With the owner' })
})

export function teamRoutes ({ database }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.put('/teams/:teamId', {
      bodyLimit,
      config: { callers: { scope: 'teams:write' } },
      schema: {
        operationId: 'putTeam',
        tags: ['teams'],
        summary: 'Make a team, or make it what it is now: its name, its owner and all its members. Users who are new are made',
        params,
        body: wantedTeam,
        response: { 200: shownTeam, 201: shownTeam }
      }
    }, async ({ params: { teamId: externalId }, body }, reply) => {
      refuseFaults(nameFaults('name', body.name))
      const { isNew } = await putTeam(database, { externalId, ...body })
      reply.code(isNew ? 201 : 200)
      return await show(externalId)
    })

    app.get('/teams/:teamId', {
      config: { callers: { scope: 'teams:write' } },
      schema: {
        operationId: 'getTeam',
        tags: ['teams'],
        summary: 'One team, and who is in it',
        params,
        response: { 200: shownTeam }
      }
    }, async ({ params: { teamId } }) => show(teamId))
  }

  async function show (externalId: string): Promise<Static<typeof shownTeam>> {
    const team = await findTeam(database, externalId)
    if (team === undefined) throw notFound('team')
    const { id, name, owner } = team
    return { id: publicId('team', id), teamId: externalId, name, ownerId: owner.externalId, memberIds: await listMemberIds(database, id) }
  }
}
