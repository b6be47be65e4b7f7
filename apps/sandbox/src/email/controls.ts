import type { FastifyInstance } from 'fastify'
import { rateLimitSchema } from '../kit/rate-limiter.ts'
import type { RateLimit } from '../kit/rate-limiter.ts'
import type { Behaviors } from './behaviors.ts'

const limits = { type: 'object', properties: { domain: rateLimitSchema }, additionalProperties: false }

/** The limit of recipients for each domain, and how the client respects it. */
export function emailControls (app: FastifyInstance, behaviors: Behaviors): void {
  app.post<{ Body: { domain?: RateLimit } }>('/limits', { schema: { body: limits } }, async ({ body }) => {
    behaviors.limitDomains(body.domain)
    return body
  })

  app.get('/limits', async () => behaviors.refusals())
}
