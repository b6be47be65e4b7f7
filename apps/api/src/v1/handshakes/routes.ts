import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { findHandshake } from '@carillon/shared/handshakes'
import type { Handshake, HandshakeKind } from '@carillon/shared/handshakes'
import { parseId, publicId } from '@carillon/shared/db'
import type { Provider } from '@carillon/shared/providers'
import { requireUser } from '../../auth/callers.ts'
import { chosenTeam, requireOwner } from '../../auth/teams.ts'
import { redeemCode } from '../../handshakes/redeem-code.ts'
import { decideAccount } from '../../handshakes/decide-account.ts'
import { isOver, reasonToExpire } from '../../pages/endings.ts'
import { HandshakeFailure } from '../../handshakes/handshake-failure.ts'
import { handshakeKinds } from '../../handshakes/kinds.ts'
import { openHandshake } from '../../handshakes/open-handshake.ts'
import { describeReason } from '../../handshakes/reasons.ts'
import type { Reason } from '../../handshakes/reasons.ts'
import { giveVerifier } from '../../handshakes/submit-verifier.ts'
import { notFound, Problem } from '../../problems/problem.ts'
import { publicPath } from '../../public-path.ts'
import type { Services } from '../../services.ts'
import { exactly, idParams, providerField, teamIdField } from '../fields.ts'
import { readWish } from '../../handshakes/read-handshake-input.ts'
import { shownHandshake, toShownHandshake } from './response.ts'

const newHandshake = exactly({
  provider: providerField,
  kind: Type.Optional(Type.Enum(handshakeKinds, { description: "The first of the connector's `kinds` when absent" })),
  teamId: Type.Optional(Type.String({
    ...teamIdField, description: 'For connectors whose `holder` is a team: which, by your id; that of the token when absent'
  })),
  account: Type.Optional(Type.String({
    minLength: 1, maxLength: 320, description: 'Such as `nick@host`; required by connectors that say `needsAccount`, and by no other'
  })),
  returnTo: Type.Optional(Type.String({
    minLength: 1, maxLength: 2_000, description: 'Where the browser ends up; its origin must be one of ALLOWED_ORIGINS'
  }))
})

const accountDecision = exactly({
  accept: Type.Boolean({ description: 'Whether the user recognizes the account: `false` discards the access and ends the handshake' })
})

const givenVerifier = exactly({ verifier: Type.String({ minLength: 1, maxLength: 1_024 }) })

export function handshakeRoutes (services: Services): FastifyPluginAsyncTypebox {
  const { database, now, providers, site } = services
  return async (app) => {
    app.post('/handshakes', {
      config: { callers: { user: true } },
      schema: {
        operationId: 'createHandshake',
        tags: ['handshakes'],
        summary: 'Begin to connect an account',
        body: newHandshake,
        response: { 201: shownHandshake }
      }
    }, async (request, reply) => {
      const { provider, ...wish } = readWish(services, request.body)
      const { id: userId } = requireUser(request)
      const teamId = await teamToConnect(request, provider, request.body.teamId)
      const id = await openHandshake(services, provider, { userId, teamId, ...wish })
        .catch((error: unknown) => { throw error instanceof HandshakeFailure ? failed(error.reason, provider) : error })
      reply.code(201).header('location', `${publicPath(site)}/v1/handshakes/${publicId('handshake', id)}`).header('cache-control', 'no-store')
      return toShownHandshake(services, await find(request, id))
    })

    app.get('/handshakes/:id', {
      config: { callers: { user: true } },
      schema: {
        operationId: 'getHandshake',
        tags: ['handshakes'],
        summary: 'See how a handshake is getting on',
        params: idParams,
        response: { 200: shownHandshake }
      }
    }, async (request, reply) => {
      reply.header('cache-control', 'no-store')
      return toShownHandshake(services, await find(request, parseId('handshake', request.params.id)))
    })

    app.post('/handshakes/:id/verifier', {
      config: { callers: { user: true } },
      schema: {
        operationId: 'giveVerifier',
        tags: ['handshakes'],
        summary: 'End a handshake with the verifier that the user has read off the provider\'s page',
        params: idParams,
        body: givenVerifier,
        response: { 200: shownHandshake }
      }
    }, async (request) => {
      const { handshake, provider } = await findOf('verifier', request, request.params.id)
      if (isOver(handshake)) throw over(handshake)
      const given = await giveVerifier(services, provider, handshake, request.body.verifier)
      if (given.kind === 'wrong') throw new Problem('wrongVerifier', `It may be tried again: ${given.left} more times`)
      if (given.kind === 'later') throw new Problem('providerUnavailable', describeReason(given.reason, provider.name).text)
      if (given.kind === 'failed') throw failed(given.reason, provider)
      const current = await find(request, handshake.id)
      if (given.kind === 'over' && !current.isObtained) throw over(current)
      return toShownHandshake(services, current)
    })

    app.post('/handshakes/:id/confirm', {
      config: { callers: { user: true } },
      schema: {
        operationId: 'confirmAccount',
        tags: ['handshakes'],
        summary: 'Connect the account in `accountToConfirm`, or discard it; for every kind but `redirect`, which asks in the browser',
        params: idParams,
        body: accountDecision,
        response: { 200: shownHandshake }
      }
    }, async (request) => {
      const handshake = await find(request, parseId('handshake', request.params.id))
      const provider = providers.get(handshake.provider)
      if (handshake.kind === 'redirect' || provider === undefined) throw notFound('handshake that is confirmed here')
      const decided = await decideAccount(services, provider, handshake, request.body.accept)
      if (decided.kind === 'over') throw over(await find(request, handshake.id))
      if (decided.kind === 'failed' && decided.reason !== 'accountDeclined') throw failed(decided.reason, provider)
      return toShownHandshake(services, await find(request, handshake.id))
    })

    app.post('/handshakes/:id/redeem', {
      config: { callers: { user: true } },
      schema: {
        operationId: 'redeemCode',
        tags: ['handshakes'],
        summary: 'Look whether the user has entered the code; ask as often as you like, the provider is asked at its own pace',
        params: idParams,
        response: { 200: shownHandshake }
      }
    }, async (request, reply) => {
      const { handshake, provider } = await findOf('code', request, request.params.id)
      reply.header('cache-control', 'no-store')
      return toShownHandshake(services, isOver(handshake) ? handshake : await redeemCode(services, provider, handshake))
    })
  }

  /** Carillon's id of the caller's own team, where a team is to hold the connection. */
  async function teamToConnect (
    request: FastifyRequest, provider: Provider, asked: string | undefined
  ): Promise<string | undefined> {
    if (provider.holder === 'user') return undefined
    const membership = await chosenTeam(database, request, asked)
    if (membership === undefined) {
      throw new Problem('teamRequired', `${provider.name} is connected for a team: choose one, and name it as teamId`)
    }
    requireOwner(membership)
    return membership.team.id
  }

  async function find (request: FastifyRequest, id: string | undefined): Promise<Handshake> {
    const handshake = id === undefined ? undefined : await findHandshake(database, id, now())
    if (handshake === undefined || handshake.userId !== requireUser(request).id) throw notFound('handshake')
    return handshake
  }

  async function findOf (
    kind: HandshakeKind, request: FastifyRequest, publicId: string
  ): Promise<{ handshake: Handshake, provider: Provider }> {
    const handshake = await find(request, parseId('handshake', publicId))
    const provider = providers.get(handshake.provider)
    if (handshake.kind !== kind || provider === undefined) throw notFound(`handshake of the kind ${kind}`)
    return { handshake, provider }
  }
}

function failed (reason: Reason, { name }: Provider): Problem {
  const { title, text } = describeReason(reason, name)
  return new Problem('handshakeFailed', `${title}. ${text}`, { reason })
}

function over (handshake: Handshake): Problem {
  const { status, error } = handshake
  if (status === 'expired') return new Problem('handshakeOver', 'Its time is over', { reason: reasonToExpire(handshake) })
  if (status === 'pending' && !handshake.claimed) {
    return new Problem('handshakeOver', 'No account waits to be confirmed; see accountToConfirm', { reason: 'nothingToConfirm' })
  }
  if (status === 'failed' && error !== null) return new Problem('handshakeOver', 'It has failed already', { reason: error })
  return new Problem('handshakeOver', 'It has been ended, or is being ended by another request', { reason: 'alreadyUsed' })
}
