import type { FastifyInstance, FastifyRequest } from 'fastify'
import { publicId } from '@carillon/shared/db'
import type { Log } from '@carillon/shared/log'

/** Logs one line per request, with the pattern of the route: the query of the URL may contain a code or a state. */
export function logRequests (app: FastifyInstance, log: Log): void {
  // Redaction costs more than the rest of a line, and these fields cannot contain secrets.
  const lines = log.child({}, { redact: [] })
  app.addHook('onResponse', async (request, reply) => {
    lines.info({ ...describeRequest(request), status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'response sent')
  })
  app.addHook('onRequestAbort', async (request) => {
    lines.info(describeRequest(request), 'request aborted by the caller')
  })
}

function describeRequest ({ id: requestId, method, routeOptions: { url }, caller }: FastifyRequest): object {
  return { requestId, ...describeCaller(caller), method, route: url ?? 'none' }
}

/** Ids only, never the token. Routes outside of the JSON API have no caller, and requests with a wrong token have none either. */
function describeCaller (caller: FastifyRequest['caller'] | undefined): object {
  if (caller == null) return {}
  return caller.kind === 'key' ? { keyId: publicId('apiKey', caller.key.id) } : { userId: publicId('user', caller.user.id) }
}
