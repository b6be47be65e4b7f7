import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { collectRoutes, toRouteProblem } from './addresses.ts'
import type { Problem } from './problem.ts'
import { problemTable } from './problem-table.ts'
import { requestIdHeader } from '../request-id.ts'
import { toProblem } from './to-problem.ts'

/** Sends every error of the server, including "not found", as a problem (RFC 9457). Call it before you add routes. */
export function handleProblems (app: FastifyInstance, publicUrl: string): void {
  collectRoutes(app)
  app.setErrorHandler(async (error, request, reply) => sendProblem(error, request, reply, publicUrl))
  app.setNotFoundHandler(async (request, reply) => sendProblem(toRouteProblem(request), request, reply, publicUrl))
}

/** Sends the problem of `error`, and logs errors of the server. */
export function sendProblem (error: unknown, request: FastifyRequest, reply: FastifyReply, publicUrl: string): FastifyReply {
  const problem = toProblem(error)
  if (problem.code === 'internal') request.log.error({ requestId: request.id, err: error }, 'request failed')
  if (problem.code === 'unavailable') request.log.warn({ requestId: request.id, err: error }, 'a store is unavailable')
  // Fastify closes the connection after a body that it has not read, which resets it: see leaveBodiesUnread.
  reply.removeHeader('connection')
  // A string, so that the route's response schema does not apply.
  const headers = { ...problemHeaders, ...problem.headers, [requestIdHeader]: request.id }
  return reply.code(problem.status).headers(headers).type(problemType).serializer(String)
    .send(problemBody(problem, { publicUrl, id: request.id }))
}

export const problemType = 'application/problem+json'
export const problemHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

/** The problem document. `id` is the request id in the log: a UUID, unless the caller chose another text. */
export function problemBody (problem: Problem, { publicUrl, id }: { publicUrl: string, id: string }): string {
  const { code, status, message, errors, reason, contact } = problem
  return JSON.stringify({
    type: `${publicUrl}/problems#${code}`,
    title: problemTable[code].title,
    status,
    detail: message,
    instance: `urn:${isUuid(id) ? 'uuid' : 'request'}:${encodeURIComponent(id)}`,
    code,
    requestId: id,
    ...reason === undefined ? {} : { reason },
    ...contact === undefined ? {} : { contact },
    ...errors === undefined ? {} : { errors }
  })
}

function isUuid (id: string): boolean {
  return /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i.test(id)
}
