import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { collectAddresses, noRoute } from './addresses.ts'
import type { Problem } from './problem.ts'
import { problemTable } from './problem-table.ts'
import { toProblem } from './to-problem.ts'

/** Makes every error of the server, also "not found", an RFC 9457 answer. Call it before any route is added. */
export function handleProblems (app: FastifyInstance, publicUrl: string): void {
  collectAddresses(app)
  app.setErrorHandler(async (error, request, reply) => sendProblem(error, request, reply, publicUrl))
  app.setNotFoundHandler(async (request, reply) => sendProblem(noRoute(request), request, reply, publicUrl))
}

/** Answers with what `error` is to the caller, and logs it when it is ours. */
export function sendProblem (error: unknown, request: FastifyRequest, reply: FastifyReply, publicUrl: string): FastifyReply {
  const problem = toProblem(error)
  if (problem.code === 'internal') request.log.error({ requestId: request.id, err: error }, 'request failed')
  if (problem.code === 'unavailable') request.log.warn({ requestId: request.id, err: error }, 'a store is unavailable')
  // Fastify closes the connection after a body that it has not read, which resets it: see leaveBodiesUnread.
  reply.removeHeader('connection')
  // A string, so that no route's response schema has a say in it.
  return reply.code(problem.status).headers({ ...problemHeaders, ...problem.headers }).type(problemType).serializer(String)
    .send(problemBody(problem, { publicUrl, id: request.id }))
}

export const problemType = 'application/problem+json'
export const problemHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

/** The document of RFC 9457. `id` is the one under which the request is in the log. */
export function problemBody (problem: Problem, { publicUrl, id }: { publicUrl: string, id: string }): string {
  const { code, status, message, errors, reason, contact } = problem
  return JSON.stringify({
    type: `${publicUrl}/problems#${code}`,
    title: problemTable[code].title,
    status,
    detail: message,
    instance: `urn:uuid:${id}`,
    code,
    ...reason === undefined ? {} : { reason },
    ...contact === undefined ? {} : { contact },
    ...errors === undefined ? {} : { errors }
  })
}
