import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { publicId } from '@carillon/shared/db'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import type { AddressResult } from '../../handshakes/address/address-result.ts'
import { confirmByCode } from '../../handshakes/address/confirm-address.ts'
import { resendCode } from '../../handshakes/address/send-code.ts'
import { submitAddress } from '../../handshakes/address/submit-address.ts'
import { describeTriesLeft } from '../../handshakes/describe-tries-left.ts'
import { isOver } from '../../handshakes/outcome/handshake-outcome.ts'
import { idParams } from '../../input/fields.ts'
import { invalidInput, notFound, Problem } from '../../problems/problem.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { Services } from '../../services.ts'
import { findOfKind, findOwnHandshake } from './find-own-handshake.ts'
import { toAddressProblem, toFailedProblem, toOverProblem } from './problems.ts'
import { handshakeResponse, toHandshakeResponse } from './response.ts'
import { addressBody } from './schema.ts'

type Found = { handshake: Handshake, provider: Provider }
type HandshakeReply = Static<typeof handshakeResponse>

/** The routes of handshakes in which the user enters an address. */
export function addressRoutes (services: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post('/handshakes/:id/address', {
      config: { cost: costs.outgoing, callers: { user: true }, problems: ['handshakeOver', 'addressRefused', 'providerUnavailable', 'handshakeFailed', 'tooManyRequests'] },
      schema: {
        operationId: 'giveAddress',
        tags: ['handshakes'],
        summary: 'Submit the address of a handshake',
        description: 'The kind `confirm` sends a code to the address, and the kind `paste` connects it.',
        params: idParams,
        body: addressBody,
        response: { 200: handshakeResponse }
      }
    }, async (request) => {
      const found = await findOfKind(services, ['confirm', 'paste'], request, request.params.id)
      if (isOver(found.handshake)) throw toOverProblem(found.handshake)
      const { address: entered } = request.body
      const text = entered ?? found.provider.handshakes.address?.generate?.create()
      if (text === undefined) throw invalidInput([{ path: 'generate', message: `is not supported by ${found.provider.name}: send an address` }])
      const result = await submitAddress(services, found.provider, found.handshake, text)
      return await toReply(services, request, found, result)
    })

    app.post('/handshakes/:id/resend', {
      config: { cost: costs.outgoing, callers: { user: true }, problems: ['handshakeOver', 'addressRefused', 'providerUnavailable', 'handshakeFailed', 'tooManyRequests'] },
      schema: {
        operationId: 'resendCode',
        tags: ['handshakes'],
        summary: 'Send another code',
        description: 'Sends it to the address in `sentTo`, from `resendAt` on. Earlier codes stop working.',
        params: idParams,
        response: { 200: handshakeResponse }
      }
    }, async (request) => {
      const found = await findOfKind(services, ['confirm'], request, request.params.id)
      if (isOver(found.handshake)) throw toOverProblem(found.handshake)
      return await toReply(services, request, found, await resendCode(services, found.provider, found.handshake))
    })
  }
}

/** Connects the address that the code was sent to. Throws Problem. */
export async function confirmCode (
  services: Services, request: FastifyRequest, found: Found, code: string
): Promise<HandshakeReply> {
  const { handshake, provider } = found
  if (handshake.kind !== 'confirm') throw notFound('handshake of the kind confirm')
  if (isOver(handshake)) throw toOverProblem(handshake)
  const result = await confirmByCode(services, provider, handshake, code)
  if (result.kind === 'wrong') throw new Problem('wrongCode', describeTriesLeft(result.triesLeft))
  return await toReply(services, request, found, result)
}

async function toReply (
  services: Services, request: FastifyRequest, { handshake: { id }, provider }: Found, result: AddressResult
): Promise<HandshakeReply> {
  if (result.kind === 'wrong' || result.kind === 'unusable') throw toAddressProblem(result, provider, services.site)
  if (result.kind === 'failed') throw toFailedProblem(result.reason, provider, services.site)
  const current = await findOwnHandshake(services, request, publicId('handshake', id))
  if (result.kind === 'over') throw toOverProblem(current)
  return toHandshakeResponse(services, current)
}
