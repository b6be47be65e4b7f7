import type { FastifyRequest } from 'fastify'
import { parseId } from '@carillon/shared/db'
import { findHandshake } from '@carillon/shared/handshakes'
import type { Handshake, HandshakeKind } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import { callingUser, requireUser } from '../../auth/callers.ts'
import { notFound } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'

/** The caller's handshake with this public id. To other users, it does not exist. */
export async function findOwnHandshake (services: Services, request: FastifyRequest, publicId: string): Promise<Handshake> {
  requireUser(request)
  return await findReadableHandshake(services, request, publicId)
}

/** The same for a call that API keys may make too. They read the handshakes of all users. */
export async function findReadableHandshake (
  { database, now }: Services, request: FastifyRequest, publicId: string
): Promise<Handshake> {
  const id = parseId('handshake', publicId)
  const handshake = id === undefined ? undefined : await findHandshake(database, id, now())
  const user = callingUser(request)
  if (handshake === undefined || (user !== undefined && handshake.userId !== user.id)) throw notFound('handshake')
  return handshake
}

/** The same with its provider, for one of these kinds. */
export async function findOfKind (
  services: Services, kinds: HandshakeKind[], request: FastifyRequest, publicId: string
): Promise<{ handshake: Handshake, provider: Provider }> {
  const handshake = await findOwnHandshake(services, request, publicId)
  const provider = services.providers.get(handshake.provider)
  if (!kinds.includes(handshake.kind) || provider === undefined) throw notFound(`handshake of the kind ${kinds.join(' or ')}`)
  return { handshake, provider }
}
