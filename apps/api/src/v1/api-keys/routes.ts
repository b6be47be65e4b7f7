import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  createApiKey, keyChanged, keyCreated, keyRevoked, keyRotated, listApiKeys, revokeApiKeyBy, updateApiKey
} from '@carillon/shared/api-keys'
import { recordAudit } from '@carillon/shared/audit'
import { inTransaction, newId } from '@carillon/shared/db'
import { actorOf, refuseKey } from '../../auth/callers.ts'
import { assertNoInputErrors, Problem } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { fromCursor, toCursor, toPage } from '../cursor.ts'
import { idParams, listOf, nameErrors } from '../../input/fields.ts'
import { findKey, findNamedKey, refuseInactive, requireKey } from './find-key.ts'
import { apiKeyResponse, apiKeyWithKeyResponse, toApiKeyResponse } from './response.ts'
import { assertCovers, isLater, readExpiry } from './rights.ts'
import { rotationRoutes } from './rotation-routes.ts'
import { apiKeyBody, apiKeysQuery, apiKeyUpdateBody } from './schema.ts'

export function apiKeyRoutes (services: Services): FastifyPluginAsyncTypebox {
  const { database, now } = services
  const callers = { scope: 'admin' } as const

  return async (app) => {
    await app.register(rotationRoutes(services))

    app.post('/api-keys', {
      config: { callers, problems: ['exceedsOwnRights'] },
      schema: {
        operationId: 'createApiKey',
        tags: ['keys'],
        summary: 'Create an API key',
        description: 'The response contains the key, which is not shown again. It can have only scopes that your key has, and no later expiry than your key.',
        body: apiKeyBody,
        response: { 201: apiKeyWithKeyResponse }
      }
    }, async (request, reply) => {
      const { name, scopes, ...expiry } = request.body
      assertNoInputErrors(nameErrors('name', name))
      const expiresAt = readExpiry(expiry, now()) ?? null
      assertCovers(requireKey(request), { scopes, expiresAt })
      const created = { id: request.keyClaim?.resourceId ?? newId(), name, scopes, expiresAt }
      const { id, key } = await inTransaction(database, async (tx) => {
        const result = await createApiKey(tx, created)
        const actor = actorOf(request)
        await recordAudit(tx, result.isNew ? keyCreated(actor, created) : keyRotated(actor, created.id, { overlapSeconds: 0 }))
        return result
      })
      reply.code(201)
      return { ...toApiKeyResponse(await findKey(database, id), now()), key }
    })

    app.get('/api-keys', {
      config: { callers },
      schema: {
        operationId: 'listApiKeys',
        tags: ['keys'],
        summary: 'List API keys',
        description: 'Newest first, with their last use. The response does not contain the keys themselves.',
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
    }, async ({ params }) => toApiKeyResponse(await findNamedKey(database, params.id), now()))

    app.patch('/api-keys/:id', {
      config: { callers, problems: ['apiKeyInactive', 'exceedsOwnRights'] },
      schema: {
        operationId: 'updateApiKey',
        tags: ['keys'],
        summary: 'Update an API key',
        description: 'Changes the name or the expiry. The scopes cannot be changed: create another key. A later expiry makes an expired key work again.',
        params: idParams,
        body: apiKeyUpdateBody,
        response: { 200: apiKeyResponse }
      }
    }, async (request) => {
      const { name, ...expiry } = request.body
      assertNoInputErrors(nameErrors('name', name))
      const before = await findNamedKey(database, request.params.id)
      const expiresAt = readExpiry(expiry, now())
      const isExtended = expiresAt !== undefined && isLater(expiresAt, before.expiresAt)
      if (isExtended) assertCovers(requireKey(request), { ...before, expiresAt })
      const updated = await inTransaction(database, async (tx) => {
        const changed = await updateApiKey(tx, before.id, { name, expiresAt }) ?? refuseInactive('revoked')
        const hasChanges = name !== undefined || expiresAt !== undefined
        if (hasChanges) await recordAudit(tx, keyChanged(actorOf(request), before.id, { name, expiresAt }))
        return changed
      })
      return toApiKeyResponse(updated, now())
    })

    app.delete('/api-keys/:id', {
      config: { callers, problems: ['lastAdminKey'] },
      schema: {
        operationId: 'revokeApiKey',
        tags: ['keys'],
        summary: 'Revoke an API key',
        description: 'Every API process refuses the key from then on. It stays in the list. The last key with the scope `admin` cannot revoke itself.',
        params: idParams,
        response: { 204: Type.Null({ description: 'The key is revoked' }) }
      }
    }, async (request, reply) => {
      const { id } = await findNamedKey(database, request.params.id)
      const result = await inTransaction(database, async (tx) => {
        const outcome = await revokeApiKeyBy(tx, requireKey(request).id, id, now())
        if (outcome === 'revoked') await recordAudit(tx, keyRevoked(actorOf(request), id))
        return outcome
      })
      if (result === 'callerRevoked') refuseKey()
      if (result === 'lastAdmin') {
        throw new Problem('lastAdminKey', 'This is the last key with the scope admin: create another one first, or run `carillon keys revoke` on a server that reaches the database')
      }
      reply.code(204)
      return null
    })
  }
}
