import type { FastifyInstance } from 'fastify'
import type { Clock } from '../kit/clock.ts'
import { createRateLimiter, rateLimitSchema } from '../kit/rate-limiter.ts'
import type { RateLimit } from '../kit/rate-limiter.ts'

/** The limit of the whole push service. There is none until a control call sets it. */
export interface Limiter {
  /** Returns the seconds to wait for a message that is refused. */
  take: () => number | undefined
  /** The control calls. */
  controls: (app: FastifyInstance) => void
  reset: () => void
}

const limits = { type: 'object', properties: { origin: rateLimitSchema }, additionalProperties: false }

export function createLimiter (clock: Clock): Limiter {
  const rateLimiter = createRateLimiter(clock)
  let limit: RateLimit | undefined

  return {
    take: () => limit === undefined ? undefined : rateLimiter.take('', limit),

    controls (app) {
      app.post<{ Body: { origin?: RateLimit } }>('/limits', { schema: { body: limits } }, async ({ body }) => {
        limit = body.origin
        rateLimiter.reset()
        return body
      })

      app.get('/limits', async () => rateLimiter.counts())
    },

    reset () {
      limit = undefined
      rateLimiter.reset()
    }
  }
}
