import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { publicId } from '@carillon/shared/db'
import { TokensRevokedError } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import { callingUser, refuseRevokedToken, requireUser, returnToOf, tokenGenerationOf } from '../../auth/callers.ts'
import { chosenTeam, requireOwner } from '../../auth/teams.ts'
import { describeTriesLeft } from '../../handshakes/describe-tries-left.ts'
import { decideAccount } from '../../handshakes/finish/decide-account.ts'
import { HandshakeFailure } from '../../handshakes/outcome/handshake-failure.ts'
import { isOver } from '../../handshakes/outcome/handshake-outcome.ts'
import { openHandshake } from '../../handshakes/open-handshake.ts'
import { readHandshakeInput } from '../../handshakes/read-handshake-input.ts'
import { describeReason } from '../../handshakes/outcome/reasons.ts'
import { redeemCode } from '../../handshakes/redeem-code.ts'
import { submitVerifier } from '../../handshakes/submit-verifier.ts'
import { notFound, Problem } from '../../problems/problem.ts'
import { publicPath } from '../../public-path.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { Services } from '../../services.ts'
import { idParams } from '../../input/fields.ts'
import { addressRoutes, confirmCode } from './address-routes.ts'
import { findOfKind, findOwnHandshake, findReadableHandshake } from './find-own-handshake.ts'
import { toFailedProblem, toOverProblem } from './problems.ts'
import { handshakeResponse, toHandshakeResponse, toOutcomeResponse } from './response.ts'
import { subscriptionRoutes } from './subscription-routes.ts'
import { confirmBody, handshakeBody, verifierBody } from './schema.ts'

export function handshakeRoutes (services: Services): FastifyPluginAsyncTypebox {
  const { database, providers, site } = services
  return async (app) => {
    await app.register(addressRoutes(services))
    await app.register(subscriptionRoutes(services))

    app.post('/handshakes', {
      config: { cost: costs.outgoing, callers: { user: true }, problems: ['notFound', 'notOwner', 'teamRequired', 'handshakeFailed', 'tooManyRequests'] },
      schema: {
        operationId: 'createHandshake',
        tags: ['handshakes'],
        summary: 'Start a handshake',
        description: 'The user then connects an account at the provider.',
        body: handshakeBody,
        response: { 201: handshakeResponse }
      }
    }, async (request, reply) => {
      const { provider, returnTo = returnToOf(request, site), ...input } = readHandshakeInput(services, request.body)
      const { id: userId } = requireUser(request)
      const teamId = await teamToConnect(request, provider, request.body.teamId)
      const tokenGeneration = tokenGenerationOf(request)
      const id = await openHandshake(services, provider, { userId, teamId, returnTo, tokenGeneration, ...input })
        .catch((error: unknown) => {
          if (error instanceof TokensRevokedError) refuseRevokedToken()
          throw error instanceof HandshakeFailure ? toFailedProblem(error.reason, provider, site) : error
        })
      const handshakeId = publicId('handshake', id)
      reply.code(201).header('location', `${publicPath(site)}/v1/handshakes/${handshakeId}`).header('cache-control', 'no-store')
      return toHandshakeResponse(services, await findOwnHandshake(services, request, handshakeId))
    })

    app.get('/handshakes/:id', {
      config: { callers: { scope: 'connections:read', user: true } },
      schema: {
        operationId: 'getHandshake',
        tags: ['handshakes'],
        summary: 'Retrieve a handshake',
        description: 'Returns the status of the handshake, and the reason if it failed. For an API key, without the codes and links that only the user may use.',
        params: idParams,
        response: { 200: handshakeResponse }
      }
    }, async (request, reply) => {
      reply.header('cache-control', 'no-store')
      const handshake = await findReadableHandshake(services, request, request.params.id)
      const toResponse = callingUser(request) === undefined ? toOutcomeResponse : toHandshakeResponse
      return toResponse(services, handshake)
    })

    app.post('/handshakes/:id/verifier', {
      config: { cost: costs.outgoing, callers: { user: true }, problems: ['handshakeOver', 'wrongVerifier', 'providerUnavailable', 'handshakeFailed', 'tooManyRequests'] },
      schema: {
        operationId: 'giveVerifier',
        tags: ['handshakes'],
        summary: 'Submit the verifier of a handshake',
        description: 'The provider showed it to the user.',
        params: idParams,
        body: verifierBody,
        response: { 200: handshakeResponse }
      }
    }, async (request) => {
      const { handshake, provider } = await findOfKind(services, ['verifier'], request, request.params.id)
      if (isOver(handshake)) throw toOverProblem(handshake)
      const result = await submitVerifier(services, provider, handshake, request.body.verifier)
      if (result.kind === 'wrong') throw new Problem('wrongVerifier', describeTriesLeft(result.triesLeft))
      if (result.kind === 'retryLater') {
        throw new Problem('providerUnavailable', describeReason(result.reason, { site: site.name, provider: provider.name }).text)
      }
      if (result.kind === 'failed') throw toFailedProblem(result.reason, provider, site)
      const current = await findOwnHandshake(services, request, request.params.id)
      if (result.kind === 'over' && !current.isObtained) throw toOverProblem(current)
      return toHandshakeResponse(services, current)
    })

    app.post('/handshakes/:id/confirm', {
      config: { cost: costs.outgoing, callers: { user: true }, problems: ['wrongCode', 'handshakeOver', 'addressRefused', 'providerUnavailable', 'handshakeFailed', 'tooManyRequests'] },
      schema: {
        operationId: 'confirmAccount',
        tags: ['handshakes'],
        summary: 'Confirm an account or an address',
        description: 'Connects the address in `sentTo` with its code, or connects or declines the account in `accountToConfirm`.',
        params: idParams,
        body: confirmBody,
        response: { 200: handshakeResponse }
      }
    }, async (request) => {
      const handshake = await findOwnHandshake(services, request, request.params.id)
      const provider = providers.get(handshake.provider)
      if (handshake.kind === 'redirect' || provider === undefined) throw notFound('handshake that can be confirmed through the API')
      const { code, accept = false } = request.body
      if (code !== undefined) return await confirmCode(services, request, { handshake, provider }, code)
      const decided = await decideAccount(services, provider, handshake, accept)
      if (decided.kind === 'over') throw toOverProblem(await findOwnHandshake(services, request, request.params.id))
      if (decided.kind === 'failed' && decided.reason !== 'accountDeclined') throw toFailedProblem(decided.reason, provider, site)
      return toHandshakeResponse(services, await findOwnHandshake(services, request, request.params.id))
    })

    app.post('/handshakes/:id/redeem', {
      config: { callers: { user: true } },
      schema: {
        operationId: 'redeemCode',
        tags: ['handshakes'],
        summary: 'Check whether the code was entered',
        description: 'Carillon asks the provider no more often than it allows, however often you call this.',
        params: idParams,
        response: { 200: handshakeResponse }
      }
    }, async (request, reply) => {
      const { handshake, provider } = await findOfKind(services, ['code'], request, request.params.id)
      reply.header('cache-control', 'no-store')
      return toHandshakeResponse(services, isOver(handshake) ? handshake : await redeemCode(services, provider, handshake))
    })
  }

  /** Carillon's id of the caller's own team, when a team is to hold the connection. */
  async function teamToConnect (
    request: FastifyRequest, provider: Provider, named: string | undefined
  ): Promise<string | undefined> {
    if (provider.holder === 'user') return undefined
    const membership = await chosenTeam(database, request, named)
    if (membership === undefined) {
      throw new Problem('teamRequired', `${provider.name} is connected for a team: choose one and send it as teamId`)
    }
    requireOwner(membership)
    return membership.team.id
  }
}
