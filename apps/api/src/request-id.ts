import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { runWithRequestId } from '@carillon/shared/log'

export const requestIdHeader = 'x-request-id'

/** No spaces, quotes or control characters: the id is part of log lines and headers. */
const usable = /^[\w.:@/+=~-]{1,128}$/

/** The id that the caller gave the request, or a new one. */
export function chooseRequestId ({ headers }: { headers: IncomingHttpHeaders }): string {
  const given = headers[requestIdHeader]
  return typeof given === 'string' && usable.test(given) ? given : randomUUID()
}

/** Returns the id with every response, and adds it to every line that is logged for the request. */
export function identifyRequests (app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header(requestIdHeader, request.id)
    runWithRequestId(request.id, done, request.ip)
  })
  // A parser of Fastify calls back from the socket, outside of the context.
  app.addHook('preValidation', (request, _reply, done) => { runWithRequestId(request.id, done, request.ip) })
}
