import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { createHandshake, findHandshake } from '@carillon/shared/connections'
import type { Handshake } from '@carillon/shared/connections'
import { parseId, publicId } from '@carillon/shared/db'
import { requireUser } from '../auth/callers.ts'
import { readReturnTo, startUrl } from '../connect/addresses.ts'
import { notFound, refuseFaults } from '../problems/problem.ts'
import type { Services, Site } from '../services.ts'
import { exactly, idParams, nullable, providerField, timeField } from './fields.ts'

const kinds = ['redirect'] as const

const newHandshake = exactly({
  provider: providerField,
  kind: Type.Optional(Type.Enum(kinds, { default: 'redirect' })),
  returnTo: Type.Optional(Type.String({
    minLength: 1, maxLength: 2_000, description: 'Where the browser ends up; its origin must be one of ALLOWED_ORIGINS'
  }))
})

const shownHandshake = Type.Object({
  id: Type.String({ description: '`hsk_…`' }),
  status: Type.Enum(['pending', 'completed', 'failed', 'expired']),
  kind: Type.Enum(kinds),
  provider: Type.String(),
  startUrl: Type.String({ format: 'uri', description: 'Send the browser there' }),
  returnTo: nullable(Type.String()),
  connectionId: nullable(Type.String()),
  error: Type.Union([Type.String(), Type.Null()], { description: 'Why it failed: a reason of docs/api.md' }),
  expiresAt: timeField
})

export function handshakeRoutes ({ database, providers, now, site }: Services): FastifyPluginAsyncTypebox {
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
      const { provider, returnTo } = request.body
      const kept = returnTo === undefined ? undefined : readReturnTo(site, returnTo)
      refuseFaults([
        ...providers.get(provider)?.handshakes.code === undefined ? [{ path: 'provider', message: 'cannot be connected here' }] : [],
        ...kept !== undefined && 'fault' in kept ? [{ path: 'returnTo', message: kept.fault }] : []
      ])
      const { id: userId } = requireUser(request)
      const id = await createHandshake(
        database, { userId, provider, returnTo: kept !== undefined && 'url' in kept ? kept.url : undefined }, now())
      reply.code(201).header('location', `/v1/handshakes/${publicId('handshake', id)}`)
      return await shown(id, userId)
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
    }, async (request) => await shown(parseId('handshake', request.params.id), requireUser(request).id))
  }

  async function shown (id: string | undefined, userId: string): Promise<Static<typeof shownHandshake>> {
    const handshake = id === undefined ? undefined : await findHandshake(database, id, now())
    if (handshake === undefined || handshake.userId !== userId) throw notFound('handshake')
    return toShown(handshake, site)
  }
}

function toShown ({ id, status, kind, provider, returnTo, connectionId, error, expiresAt }: Handshake, site: Site) {
  return {
    id: publicId('handshake', id),
    status,
    kind,
    provider,
    startUrl: startUrl(site, provider, id),
    returnTo,
    connectionId: connectionId === null ? null : publicId('connection', connectionId),
    error,
    expiresAt: expiresAt.toISOString()
  }
}
