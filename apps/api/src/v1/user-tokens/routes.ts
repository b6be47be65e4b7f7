import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { findMembership } from '@carillon/shared/teams'
import { ensureUser } from '@carillon/shared/users'
import type { Team } from '@carillon/shared/teams'
import { createUserTokens } from '../../auth/user-tokens.ts'
import { assertNoInputErrors } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { exactly, nameErrors, nameField, teamIdField, timeField, userIdField } from '../../input/fields.ts'

const userTokenBody = exactly({
  userId: userIdField,
  displayName: Type.Optional(nameField('The display name of the user')),
  teamId: Type.Optional(Type.String({ ...teamIdField, description: 'Your id of the team that the user acts for. The user must be a member' })),
  expiresIn: Type.Optional(Type.Integer({ minimum: 60, maximum: 86_400, default: 3_600, description: 'Lifetime in seconds' }))
})

const userTokenResponse = Type.Object({
  token: Type.String({ description: 'A bearer token for this user' }),
  expiresAt: timeField,
  connectUrl: Type.String({
    format: 'uri', description: 'The page on which the user connects accounts. The token is in the fragment, which browsers do not send'
  })
}, { title: 'UserToken' })

export function userTokenRoutes ({ database, vault, now, site }: Services): FastifyPluginAsyncTypebox {
  const tokens = createUserTokens(vault, now)
  return async (app) => {
    app.post('/user-tokens', {
      config: { callers: { scope: 'users:write' } },
      schema: {
        operationId: 'createUserToken',
        tags: ['users'],
        summary: 'Create a short-lived token for a user. Creates the user if new',
        body: userTokenBody,
        response: { 201: userTokenResponse }
      }
    }, async (request, reply) => {
      const { userId, displayName, teamId, expiresIn = 3_600 } = request.body
      assertNoInputErrors(nameErrors('displayName', displayName))
      const team = teamId === undefined ? undefined : await requireTeam(teamId, userId)
      const user = await ensureUser(database, { externalId: userId, displayName })
      const { token, expiresAt } = await tokens.issue({ userId: user.id, teamId: team?.id }, expiresIn)
      reply.code(201).header('cache-control', 'no-store')
      return { token, expiresAt: expiresAt.toISOString(), connectUrl: `${site.publicUrl}/connect#token=${token}` }
    })
  }

  /** Checked before the user is created: a new user is in no team. */
  async function requireTeam (externalId: string, userId: string): Promise<Team | undefined> {
    const membership = await findMembership(database, { externalId }, { externalId: userId })
    if (membership === undefined) assertNoInputErrors([{ path: 'teamId', message: 'is not a team that this user is in' }])
    return membership?.team
  }
}
