import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { defaultOverlapSeconds, keyRotated, keyStatus, rotateApiKey } from '@carillon/shared/api-keys'
import { recordAudit } from '@carillon/shared/audit'
import { inTransaction } from '@carillon/shared/db'
import { actorOf } from '../../auth/callers.ts'
import type { Services } from '../../services.ts'
import { idParams } from '../../input/fields.ts'
import { findNamedKey, refuseInactive, requireKey } from './find-key.ts'
import { apiKeyWithKeyResponse, toApiKeyResponse } from './response.ts'
import { assertCovers, readExpiry } from './rights.ts'
import { rotationBody } from './schema.ts'

export function rotationRoutes ({ database, now }: Services): FastifyPluginAsyncTypebox {
  const callers = { scope: 'admin' } as const

  return async (app) => {
    app.post('/api-keys/:id/rotate', {
      config: { callers, problems: ['apiKeyInactive', 'exceedsOwnRights'] },
      schema: {
        operationId: 'rotateApiKey',
        tags: ['keys'],
        summary: 'Rotate an API key',
        description: 'Gives the key a new secret. Its id, name and scopes stay the same. The response contains the new key, which is not shown again.',
        params: idParams,
        body: rotationBody,
        response: { 200: apiKeyWithKeyResponse }
      }
    }, async (request) => {
      const { overlapSeconds = defaultOverlapSeconds, ...expiry } = request.body
      const before = await findNamedKey(database, request.params.id)
      const expiresAt = readExpiry(expiry, now())
      const after = { ...before, ...expiresAt !== undefined && { expiresAt } }
      const status = keyStatus(after, now())
      if (status !== 'active') refuseInactive(status)
      assertCovers(requireKey(request), after)
      const rotation = { overlapSeconds, expiresAt, now: now() }
      const { apiKey, key } = await inTransaction(database, async (tx) => {
        const rotated = await rotateApiKey(tx, before.id, rotation) ?? refuseInactive('revoked')
        await recordAudit(tx, keyRotated(actorOf(request), before.id, rotation))
        return rotated
      })
      return { ...toApiKeyResponse(apiKey, now()), key }
    })
  }
}
