import type { FastifyInstance } from 'fastify'

/** One line per request. The route's pattern stands for the address: a query may hold a code or a state. */
export function logRequests (app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions: { url } } = request
    request.log.info({ method, route: url ?? 'none', status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'answered')
  })
  app.addHook('onRequestAbort', async (request) => {
    request.log.info({ method: request.method, route: request.routeOptions.url ?? 'none' }, 'caller went away')
  })
}
