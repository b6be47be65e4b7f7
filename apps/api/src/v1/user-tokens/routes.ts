import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { findMembership } from '@carillon/shared/teams'
import { ensureUser } from '@carillon/shared/users'
import type { Team } from '@carillon/shared/teams'
import { createUserTokens } from '../../auth/user-tokens.ts'
import { readReturnTo } from '../../handshakes/return-to.ts'
import { assertNoInputErrors } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { nameErrors } from '../../input/fields.ts'
import { userTokenResponse } from './response.ts'
import { userTokenBody } from './schema.ts'

export function userTokenRoutes ({ database, vault, now, site }: Services): FastifyPluginAsyncTypebox {
  const tokens = createUserTokens(vault, now)
  return async (app) => {
    app.post('/user-tokens', {
      config: { callers: { scope: 'users:write' } },
      schema: {
        operationId: 'createUserToken',
        tags: ['users'],
        summary: 'Create a user token',
        description: 'The token is for the browser of one user, and short-lived. A user who is new is created. Send the user to `connectUrl`.',
        body: userTokenBody,
        response: { 201: userTokenResponse }
      }
    }, async (request, reply) => {
      const { userId, displayName, teamId, expiresIn = 3_600 } = request.body
      const { url: returnTo, fault } = readReturnTo(site, request.body.returnTo)
      assertNoInputErrors([
        ...nameErrors('displayName', displayName),
        ...fault === undefined ? [] : [{ path: 'returnTo', message: fault }]
      ])
      const team = teamId === undefined ? undefined : await requireTeam(teamId, userId)
      const user = await ensureUser(database, { externalId: userId, displayName })
      const { token, expiresAt } = await tokens.issue({ userId: user.id, teamId: team?.id, returnTo }, expiresIn)
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
