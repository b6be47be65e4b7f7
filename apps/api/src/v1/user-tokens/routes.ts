import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { findMembership } from '@carillon/shared/teams'
import { ensureUser } from '@carillon/shared/users'
import type { Team } from '@carillon/shared/teams'
import { createUserTokens } from '../../auth/user-tokens.ts'
import { refuseFaults } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { exactly, nameFaults, nameField, teamIdField, timeField, userIdField } from '../fields.ts'

const newToken = exactly({
  userId: userIdField,
  displayName: Type.Optional(nameField('What pages call the user')),
  teamId: Type.Optional(Type.String({ ...teamIdField, description: 'The team that the user acts in, by your id; the user has to be in it' })),
  expiresIn: Type.Optional(Type.Integer({ minimum: 60, maximum: 86_400, default: 3_600, description: 'Seconds' }))
})

const issuedToken = Type.Object({
  token: Type.String({ description: 'Bearer for this one user' }),
  expiresAt: timeField,
  connectUrl: Type.String({
    format: 'uri', description: 'A page on which the user connects accounts. The token is in its fragment, which no server sees.'
  })
})

export function userTokenRoutes ({ database, vault, now, site }: Services): FastifyPluginAsyncTypebox {
  const tokens = createUserTokens(vault, now)
  return async (app) => {
    app.post('/user-tokens', {
      config: { callers: { scope: 'users:write' } },
      schema: {
        operationId: 'createUserToken',
        tags: ['users'],
        summary: 'Mint a short-lived token for one user, who is made when new',
        body: newToken,
        response: { 201: issuedToken }
      }
    }, async (request, reply) => {
      const { userId, displayName, teamId, expiresIn = 3_600 } = request.body
      refuseFaults(nameFaults('displayName', displayName))
      const team = teamId === undefined ? undefined : await requireTeam(teamId, userId)
      const user = await ensureUser(database, { externalId: userId, displayName })
      const { token, expiresAt } = await tokens.issue({ userId: user.id, teamId: team?.id }, expiresIn)
      reply.code(201).header('cache-control', 'no-store')
      return { token, expiresAt: expiresAt.toISOString(), connectUrl: `${site.publicUrl}/connect#token=${token}` }
    })
  }

  /** Nobody is made for a team that they are not in. */
  async function requireTeam (externalId: string, userId: string): Promise<Team | undefined> {
    const membership = await findMembership(database, { externalId }, { externalId: userId })
    if (membership === undefined) refuseFaults([{ path: 'teamId', message: 'is not a team that this user is in' }])
    return membership?.team
  }
}
