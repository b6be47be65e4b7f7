import type { FastifyInstance } from 'fastify'
import type { ControlContext } from './control-context.ts'

// A century, so that dates stay valid.
const MAX_ADVANCE_SECONDS = 3_155_760_000

const advance = {
  type: 'object',
  properties: { advanceSeconds: { type: 'number', minimum: 0, maximum: MAX_ADVANCE_SECONDS } },
  required: ['advanceSeconds'],
  additionalProperties: false
}

export function clockRoutes (app: FastifyInstance, { clock }: ControlContext): void {
  const now = (): { now: string } => ({ now: new Date(clock.nowMs()).toISOString() })

  app.get('/clock', async () => now())

  app.post<{ Body: { advanceSeconds: number } }>('/clock', { schema: { body: advance } }, async (request) => {
    clock.advance(request.body.advanceSeconds)
    return now()
  })
}
