import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { recordAudit } from '@carillon/shared/audit'
import type { Actor } from '@carillon/shared/audit'
import { endHandshakesOf } from '@carillon/shared/handshakes'
import { findMembership } from '@carillon/shared/teams'
import { ensureUser, revokeUserTokens } from '@carillon/shared/users'
import type { Team } from '@carillon/shared/teams'
import { actorOf } from '../../auth/callers.ts'
import { createUserTokens } from '../../auth/user-tokens.ts'
import { endingHandshakes } from '../../handshakes/ending-handshakes.ts'
import { readReturnTo } from '../../handshakes/return-to.ts'
import { assertNoInputErrors, notFound } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { nameErrors } from '../../input/fields.ts'
import { tokenRevocationResponse, userTokenResponse } from './response.ts'
import { revokeParams, userTokenBody } from './schema.ts'

export function userTokenRoutes (services: Services): FastifyPluginAsyncTypebox {
  const { database, now, site } = services
  const tokens = createUserTokens(services)
  return async (app) => {
    app.post('/user-tokens', {
      config: { callers: { scope: 'users:write' } },
      schema: {
        operationId: 'createUserToken',
        tags: ['users'],
        summary: 'Create a user token',
        description: 'The token is for the browser of one user, and short-lived. Creates the user if `userId` is new. Send the user to `connectUrl`.',
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
      const subject = { userId: user.id, generation: user.tokenGeneration, teamId: team?.id, returnTo }
      const { token, expiresAt } = await tokens.issue(subject, expiresIn)
      reply.code(201).header('cache-control', 'no-store')
      return { token, expiresAt: expiresAt.toISOString(), connectUrl: `${site.publicUrl}/connect#token=${token}` }
    })

    app.post('/users/:userId/revoke-tokens', {
      config: { callers: { scope: 'users:write' } },
      schema: {
        operationId: 'revokeUserTokens',
        tags: ['users'],
        summary: 'Revoke the tokens of a user',
        description: 'Every token that the user has now stops working at once, and open handshakes of the user fail. Connections stay.',
        params: revokeParams,
        response: { 200: tokenRevocationResponse }
      }
    }, async (request) => {
      const { userId } = request.params
      const failedHandshakes = await revokeTokens(userId, actorOf(request))
      if (failedHandshakes === undefined) throw notFound('user')
      return { userId, failedHandshakes }
    })
  }

  /** Both in one transaction: a handshake that a revoked token opened must not connect an account. */
  async function revokeTokens (externalId: string, actor: Actor): Promise<number | undefined> {
    return await database.db.transaction(async (tx) => {
      const userId = await revokeUserTokens({ db: tx }, externalId)
      if (userId === undefined) return undefined
      const failedHandshakes = await endHandshakesOf(endingHandshakes(services, { db: tx }), userId, now())
      const target = { kind: 'user' as const, id: userId }
      await recordAudit({ db: tx }, { actor, action: 'user.tokens_revoked', target, userId, details: { failedHandshakes } })
      return failedHandshakes
    })
  }

  /** Checked before the user is created: a new user is in no team. */
  async function requireTeam (externalId: string, userId: string): Promise<Team | undefined> {
    const membership = await findMembership(database, { externalId }, { externalId: userId })
    if (membership === undefined) assertNoInputErrors([{ path: 'teamId', message: 'is not a team that this user is in' }])
    return membership?.team
  }
}
