import type { FastifyInstance } from 'fastify'
import { simulatorOf } from './control-context.ts'
import type { ControlContext } from './control-context.ts'
import { ControlError } from './control-error.ts'

const DEFAULT_LIMIT = 10_000

interface InboxQuerystring {
  provider?: string
  account?: string
  cursor?: string
  limit?: string
}

const querystring = {
  type: 'object',
  properties: {
    provider: { type: 'string' },
    account: { type: 'string' },
    cursor: { type: 'string' },
    limit: { type: 'string' }
  },
  additionalProperties: false
}

export function inboxRoutes (app: FastifyInstance, { inbox, simulators }: ControlContext): void {
  app.get<{ Params: { provider: string } }>('/inbox/:provider/counts', async ({ params }) => ({
    data: inbox.counts(simulatorOf(simulators, params.provider).id)
  }))

  app.delete('/inbox', async () => {
    inbox.reset()
    return { reset: true }
  })

  app.get<{ Querystring: InboxQuerystring }>('/inbox', { schema: { querystring } }, async (request) => {
    const { provider, account, cursor, limit } = request.query
    const simulator = provider ? simulatorOf(simulators, provider) : undefined
    return inbox.list({
      provider: provider || undefined,
      account: account ? simulator?.accountOf?.(account) ?? account : undefined,
      after: cursor ? readCount('cursor', cursor, 0) : undefined,
      limit: limit ? readCount('limit', limit, 1) : DEFAULT_LIMIT
    })
  })
}

function readCount (name: string, value: string, min: number): number {
  const count = Number(value)
  if (/^\d+$/.test(value) && Number.isSafeInteger(count) && count >= min) return count
  throw new ControlError(`${name}: got "${value}", expected ${name === 'cursor' ? 'the id of an arrival' : `a whole number from ${min}`}`)
}
