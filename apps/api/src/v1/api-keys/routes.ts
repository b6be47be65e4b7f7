import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import {
  createApiKey, defaultOverlapSeconds, findApiKey, keyStatus, listApiKeys, revokeApiKeyBy, rotateApiKey, updateApiKey
} from '@carillon/shared/api-keys'
import type { ApiKey } from '@carillon/shared/api-keys'
import { newId, parseId } from '@carillon/shared/db'
import { callingKey, refuseKey } from '../../auth/callers.ts'
import { assertNoInputErrors, notFound, Problem } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { fromCursor, toCursor, toPage } from '../cursor.ts'
import { idParams, listOf, nameErrors } from '../../input/fields.ts'
import { apiKeyResponse, apiKeyWithKeyResponse, toApiKeyResponse } from './response.ts'
import { assertCovers, isLater, readExpiry } from './rights.ts'
import { apiKeyBody, apiKeysQuery, apiKeyUpdateBody, rotationBody } from './schema.ts'

export function apiKeyRoutes ({ database, now }: Services): FastifyPluginAsyncTypebox {
  const callers = { scope: 'admin' } as const

  return async (app) => {
    app.post('/api-keys', {
      config: { callers, problems: ['exceedsOwnRights'] },
      schema: {
        operationId: 'createApiKey',
        tags: ['keys'],
        summary: 'Create an API key',
        description: 'The response contains the key, which is not shown again. It can have no scope that your key lacks, and no later expiry.',
        body: apiKeyBody,
        response: { 201: apiKeyWithKeyResponse }
      }
    }, async (request, reply) => {
      const { name, scopes, ...expiry } = request.body
      assertNoInputErrors(nameErrors('name', name))
      const expiresAt = readExpiry(expiry, now()) ?? null
      assertCovers(requireKey(request), { scopes, expiresAt })
      const created = { id: request.keyClaim?.resourceId ?? newId(), name, scopes, expiresAt }
      const { id, key } = await createApiKey(database, created)
      reply.code(201)
      return { ...toApiKeyResponse(await find(id), now()), key }
    })

    app.get('/api-keys', {
      config: { callers },
      schema: {
        operationId: 'listApiKeys',
        tags: ['keys'],
        summary: 'List API keys',
        description: 'Newest first, with their last use. Never contains the keys themselves.',
        querystring: apiKeysQuery,
        response: { 200: listOf(apiKeyResponse) }
      }
    }, async ({ query: { status, limit = 50, cursor } }) => {
      const time = now()
      const rows = await listApiKeys(database, { status, limit: limit + 1, before: fromCursor(cursor), now: time })
      return toPage(rows, limit, ({ id }) => toCursor(id), (row) => toApiKeyResponse(row, time))
    })

    app.get('/api-keys/:id', {
      config: { callers },
      schema: {
        operationId: 'getApiKey', tags: ['keys'], summary: 'Retrieve an API key', params: idParams, response: { 200: apiKeyResponse }
      }
    }, async ({ params }) => toApiKeyResponse(await find(idOf(params.id)), now()))

    app.patch('/api-keys/:id', {
      config: { callers, problems: ['apiKeyInactive', 'exceedsOwnRights'] },
      schema: {
        operationId: 'updateApiKey',
        tags: ['keys'],
        summary: 'Update an API key',
        description: 'Changes its name or its expiry. Scopes do not change: create another key. An expired key works again with a later expiry.',
        params: idParams,
        body: apiKeyUpdateBody,
        response: { 200: apiKeyResponse }
      }
    }, async (request) => {
      const { name, ...expiry } = request.body
      assertNoInputErrors(nameErrors('name', name))
      const before = await find(idOf(request.params.id))
      const expiresAt = readExpiry(expiry, now())
      const isExtended = expiresAt !== undefined && isLater(expiresAt, before.expiresAt)
      if (isExtended) assertCovers(requireKey(request), { ...before, expiresAt })
      const updated = await updateApiKey(database, before.id, { name, expiresAt }) ?? refuseInactive('revoked')
      return toApiKeyResponse(updated, now())
    })

    app.delete('/api-keys/:id', {
      config: { callers, problems: ['lastAdminKey'] },
      schema: {
        operationId: 'revokeApiKey',
        tags: ['keys'],
        summary: 'Revoke an API key',
        description: 'Every process refuses it at once. It stays in the list. A key cannot revoke itself while no other key has the scope `admin`.',
        params: idParams,
        response: { 204: Type.Null({ description: 'The key is revoked' }) }
      }
    }, async (request, reply) => {
      const { id } = await find(idOf(request.params.id))
      const result = await revokeApiKeyBy(database, requireKey(request).id, id, now())
      if (result === 'callerRevoked') refuseKey()
      if (result === 'lastAdmin') {
        throw new Problem('lastAdminKey', 'This is the only key with the scope admin: create another one first, or run `carillon keys revoke` where the database is')
      }
      reply.code(204)
      return null
    })

    app.post('/api-keys/:id/rotate', {
      config: { callers, problems: ['apiKeyInactive', 'exceedsOwnRights'] },
      schema: {
        operationId: 'rotateApiKey',
        tags: ['keys'],
        summary: 'Rotate an API key',
        description: 'Gives the key another secret. Its id, name and scopes stay the same. The response contains the key, which is not shown again.',
        params: idParams,
        body: rotationBody,
        response: { 200: apiKeyWithKeyResponse }
      }
    }, async (request) => {
      const { overlapSeconds = defaultOverlapSeconds, ...expiry } = request.body
      const before = await find(idOf(request.params.id))
      const expiresAt = readExpiry(expiry, now())
      const after = { ...before, ...expiresAt !== undefined && { expiresAt } }
      const status = keyStatus(after, now())
      if (status !== 'active') refuseInactive(status)
      assertCovers(requireKey(request), after)
      const rotation = { overlapSeconds, expiresAt, now: now() }
      const { apiKey, key } = await rotateApiKey(database, before.id, rotation) ?? refuseInactive('revoked')
      return { ...toApiKeyResponse(apiKey, now()), key }
    })
  }

  async function find (id: string): Promise<ApiKey> {
    return await findApiKey(database, id) ?? refuse()
  }
}

function idOf (publicId: string): string {
  return parseId('apiKey', publicId) ?? refuse()
}

function requireKey (request: FastifyRequest): ApiKey {
  return callingKey(request) ?? refuseKey()
}

function refuse (): never {
  throw notFound('API key')
}

function refuseInactive (reason: 'revoked' | 'expired'): never {
  throw new Problem('apiKeyInactive', reason === 'revoked'
    ? 'The API key is revoked: create another one'
    : 'The API key has expired: send a later expiresAt, or create another key', { reason })
}
