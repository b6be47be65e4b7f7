import type { FastifyInstance } from 'fastify'
import type { Services } from './services.ts'

/** Counts each response for `/metrics`. */
export function countRequests (app: FastifyInstance, { apiMetrics }: Pick<Services, 'apiMetrics'>): void {
  app.addHook('onResponse', async ({ method, routeOptions: { url } }, { statusCode: status, elapsedTime: durationMs }) => {
    apiMetrics.countRequest({ method, route: url ?? 'none', status, durationMs })
  })
}
