import type { FastifyInstance } from 'fastify'
import type { Log } from '@carillon/shared/log'

/** One line per request. The route's pattern stands for the address: a query may hold a code or a state. */
export function logRequests (app: FastifyInstance, log: Log): void {
  // Looking for secrets costs more than all the rest of a line, and in these facts there is no room for any.
  const lines = log.child({}, { redact: [] })
  app.addHook('onResponse', async ({ id: requestId, method, routeOptions: { url } }, reply) => {
    lines.info({ requestId, method, route: url ?? 'none', status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'answered')
  })
  app.addHook('onRequestAbort', async ({ id: requestId, method, routeOptions: { url } }) => {
    lines.info({ requestId, method, route: url ?? 'none' }, 'caller went away')
  })
}
