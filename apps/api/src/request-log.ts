import type { FastifyInstance } from 'fastify'
import type { Log } from '@carillon/shared/log'

/** Logs one line per request, with the pattern of the route: the query of the URL may contain a code or a state. */
export function logRequests (app: FastifyInstance, log: Log): void {
  // Redaction costs more than the rest of a line, and these fields cannot contain secrets.
  const lines = log.child({}, { redact: [] })
  app.addHook('onResponse', async ({ id: requestId, method, routeOptions: { url } }, reply) => {
    lines.info({ requestId, method, route: url ?? 'none', status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'response sent')
  })
  app.addHook('onRequestAbort', async ({ id: requestId, method, routeOptions: { url } }) => {
    lines.info({ requestId, method, route: url ?? 'none' }, 'request aborted by the caller')
  })
}
