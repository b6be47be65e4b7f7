import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { logRepeats } from '@carillon/shared/log'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'
import { costOf } from './costs.ts'
import { networkOf } from './network-of.ts'
import { createRateLimiter, windowSeconds } from './rate-limiter.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Requests of providers have their own limit for each address. */
    isInbound?: true
  }
  interface FastifyInstance {
    /** Charges a request to its caller, if the route has callers and its token is valid. */
    chargeCaller: (request: FastifyRequest, reply: FastifyReply) => void
    /** Charges a request to the network that it came from. */
    chargeNetwork: (request: FastifyRequest, reply: FastifyReply) => void
  }
}

interface LimitSubject {
  name: string
  limit: number
  /** For the detail of the problem. */
  label: string
}

/**
 * Limits requests by their cost: for each API key, for each user, and for each network without a valid token. A valid token is
 * never refused for its network, which others may share.
 */
export function limitRequests (
  app: FastifyInstance, { log, now, queueBackend, rateLimits }: Pick<Services, 'log' | 'now' | 'queueBackend' | 'rateLimits'>
): void {
  const limiter = createRateLimiter({
    shared: queueBackend.openCounts({ name: 'limits', windowSeconds }),
    now,
    onError: logRepeats(log, 'warn', 'rate limits are not shared between processes while Redis is unavailable')
  })

  app.decorate('chargeCaller', (request, reply) => {
    const { caller } = request
    if (caller?.kind === 'key') charge(request, reply, { name: caller.key.id, limit: rateLimits.perKey, label: 'this API key' })
    if (caller?.kind === 'user') charge(request, reply, { name: caller.user.id, limit: rateLimits.perUser, label: 'this user' })
  })

  app.decorate('chargeNetwork', (request, reply) => {
    const network = networkOf(request.ip)
    const { perIp, inboundPerIp } = rateLimits
    charge(request, reply, request.routeOptions.config?.isInbound === true
      ? { name: `inbound:${network}`, limit: inboundPerIp, label: `inbound requests from ${network}` }
      : { name: network, limit: perIp, label: `requests without a valid token from ${network}` })
  })

  // Routes with callers charge once they know the caller.
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config?.callers === undefined) app.chargeNetwork(request, reply)
  })

  function charge (request: FastifyRequest, reply: FastifyReply, { name, limit, label }: LimitSubject): void {
    const cost = costOf({ method: request.method, config: request.routeOptions.config })
    if (cost === 0) return
    const { isExceeded, remaining, resetSeconds } = limiter.charge(name, limit, cost)
    // draft-ietf-httpapi-ratelimit-headers-06, which libraries implement.
    reply.headers({
      'ratelimit-limit': String(limit),
      'ratelimit-remaining': String(remaining),
      'ratelimit-reset': String(resetSeconds),
      'ratelimit-policy': `${limit};w=${windowSeconds}`
    })
    if (!isExceeded) return
    throw new Problem('rateLimited', `The limit of ${limit} per minute for ${label} is reached, and this request costs ${cost}: ` +
      `try again in ${resetSeconds} ${resetSeconds === 1 ? 'second' : 'seconds'}`, { headers: { 'retry-after': String(resetSeconds) } })
  }
}
