import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify'
import { requireUser } from '../auth/callers.ts'
import { Problem } from '../problems/problem.ts'

/** More than anybody clicks, and few enough for the hosts and providers that are asked for each. */
export const handshakesPerMinute = 30
const windowMs = 60_000
/** Users who are remembered at a time; the one who has not come for longest goes first. */
const mostUsers = 10_000

/**
 * For the `preHandler` of the route that opens handshakes: by then it is known who calls, and what is not valid does not
 * count. Each process counts for itself.
 */
export async function limitHandshakes (app: FastifyInstance): Promise<preHandlerAsyncHookHandler> {
  const none = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }
  await app.register(rateLimit, {
    global: false,
    cache: mostUsers,
    addHeaders: { ...none, 'retry-after': true },
    addHeadersOnExceeding: none
  })
  return app.rateLimit({
    max: handshakesPerMinute,
    timeWindow: windowMs,
    keyGenerator: (request) => requireUser(request).id,
    errorResponseBuilder: (_request, { ttl }) => new Problem('tooManyRequests', `A user may begin ${handshakesPerMinute} handshakes a minute`, {
      headers: { 'retry-after': String(Math.ceil(ttl / 1_000)) }
    })
  })
}
