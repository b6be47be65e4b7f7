import type { FastifyInstance } from 'fastify'
import type { HookHosts, HostBehavior } from './hook-hosts.ts'

const MAX_HOSTS = 10_000
const hostsSchema = {
  type: 'object', properties: { count: { type: 'integer', minimum: 1, maximum: MAX_HOSTS } }, required: ['count'], additionalProperties: false
}
const behaviorSchema = {
  type: 'object',
  properties: {
    medianMs: { type: 'integer', minimum: 0, maximum: 60_000 },
    hanging: { type: 'array', items: { type: 'string' } },
    maxAtOnce: { type: 'integer', minimum: 1 }
  },
  additionalProperties: false
}

/** The control calls of a benchmark. */
export function hookControls (app: FastifyInstance, hosts: HookHosts): void {
  app.post<{ Body: { count: number } }>('/hosts', { schema: { body: hostsSchema } }, async ({ body: { count } }) =>
    ({ data: await hosts.open(count) }))

  app.post<{ Body: Partial<HostBehavior> }>('/behavior', { schema: { body: behaviorSchema } }, async ({ body }) => {
    const behavior = { medianMs: 0, hanging: [], maxAtOnce: null, ...body }
    hosts.behave(behavior)
    return behavior
  })

  app.get('/tally', async () => hosts.counts())

  app.delete('/tally', async () => {
    hosts.reset()
    return { reset: true }
  })
}
