import type { FastifyInstance } from 'fastify'
import type { Controls } from './control-context.ts'

// A century: enough for any expiry, and dates stay dates.
const LONGEST_ADVANCE_SECONDS = 3_155_760_000

const advance = {
  type: 'object',
  properties: { advanceSeconds: { type: 'number', minimum: 0, maximum: LONGEST_ADVANCE_SECONDS } },
  required: ['advanceSeconds'],
  additionalProperties: false
}

export function clockRoutes (app: FastifyInstance, { clock }: Controls): void {
  const now = (): { now: string } => ({ now: new Date(clock.nowMs()).toISOString() })

  app.get('/clock', async () => now())

  app.post<{ Body: { advanceSeconds: number } }>('/clock', { schema: { body: advance } }, async (request) => {
    clock.advance(request.body.advanceSeconds)
    return now()
  })
}
