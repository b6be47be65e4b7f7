import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { Problem } from './problem.ts'
import { problemTable } from './problem-table.ts'
import { toProblem } from './to-problem.ts'

/** Makes every error of the server, also "not found", an RFC 9457 answer. Call it before any route is added. */
export function handleProblems (app: FastifyInstance, publicUrl: string): void {
  const routes: Array<{ pattern: RegExp, methods: string[] }> = []
  app.addHook('onRoute', (route) => { routes.push({ pattern: patternOf(route.url), methods: methodsOf(route) }) })

  app.setErrorHandler(async (error, request, reply) => sendProblem(error, request, reply, publicUrl))
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    const allowed = new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods))
    const problem = allowed.size === 0
      ? new Problem('notFound', 'No route answers at this address')
      : new Problem('methodNotAllowed', `This address takes ${[...allowed].join(', ')}`, { headers: { allow: [...allowed].join(', ') } })
    return sendProblem(problem, request, reply, publicUrl)
  })
}

/** Answers with what `error` is to the caller, and logs it when it is ours. */
export function sendProblem (error: unknown, request: FastifyRequest, reply: FastifyReply, publicUrl: string): FastifyReply {
  const problem = toProblem(error)
  if (problem.code === 'internal') request.log.error({ err: error }, 'request failed')
  const { code, status, message, errors, headers, reason, contact } = problem
  // A string, so that no route's response schema has a say in it.
  return reply.code(status).headers(headers).type('application/problem+json').serializer(String).send(JSON.stringify({
    type: `${publicUrl}/problems#${code}`,
    title: problemTable[code].title,
    status,
    detail: message,
    instance: `urn:uuid:${request.id}`,
    code,
    ...reason === undefined ? {} : { reason },
    ...contact === undefined ? {} : { contact },
    ...errors === undefined ? {} : { errors }
  }))
}

/** The routes' own patterns are simple: `:name` for a segment, `*` for the rest. */
function patternOf (url: string): RegExp {
  const source = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+').replace('*', '.*')
  return new RegExp(`^${source}$`)
}

/** Preflights are answered for every address under `/v1`, also for those that are nowhere. */
function methodsOf ({ method }: RouteOptions): string[] {
  return [method].flat().filter((name) => name !== 'OPTIONS')
}
