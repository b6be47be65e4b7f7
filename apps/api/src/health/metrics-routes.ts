import type { FastifyPluginAsync } from 'fastify'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'

/** `/metrics` for Prometheus, with METRICS_TOKEN as the bearer token. Without the variable there is no such route. */
export function metricsRoutes ({ metricsReader: reader }: Pick<Services, 'metricsReader'>): FastifyPluginAsync {
  return async (app) => {
    if (reader === undefined) return
    app.get('/metrics', { config: { cost: 0 }, schema: { hide: true } }, async ({ headers: { authorization } }, reply) => {
      if (!reader.isAllowed(authorization)) {
        throw new Problem(authorization === undefined ? 'unauthenticated' : 'invalidToken', 'Send METRICS_TOKEN as `Authorization: Bearer …`', {
          headers: { 'www-authenticate': 'Bearer realm="metrics"' }
        })
      }
      return reply.type(reader.contentType).send(await reader.read())
    })
  }
}
