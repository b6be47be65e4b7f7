import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createIdempotencyStore } from '@carillon/shared/idempotency'
import type { KeyClaim, StoredResponse } from '@carillon/shared/idempotency'
import { acceptsKey } from './accepts-key.ts'
import { Problem } from '../problems/problem.ts'
import { requireCallerId } from '../auth/callers.ts'
import type { Services } from '../services.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The claim of this request on its `Idempotency-Key`, until the response is stored. */
    keyClaim: KeyClaim | null
  }
}

/** The headers that are part of a stored response. */
const storedHeaders = ['content-type', 'location']

/**
 * Handles a POST request with an `Idempotency-Key` once: a repeated request gets the stored response. Problems of the request are
 * not stored, because it has changed nothing. After an error of the server the same request can be sent again.
 */
export function repeatResponses (app: FastifyInstance, services: Pick<Services, 'database' | 'vault' | 'log'>): void {
  const store = createIdempotencyStore(services)
  app.decorateRequest('keyClaim', null)

  app.addHook('preHandler', async (request, reply) => {
    const key = acceptsKey(request.routeOptions) ? request.headers['idempotency-key'] : undefined
    if (typeof key !== 'string') return
    const state = await store.claim({ callerId: requireCallerId(request), key, fingerprint: fingerprintOf(request) })
    switch (state.kind) {
      case 'claimed':
        request.keyClaim = state.claim
        return
      case 'completed': return repeat(reply, state.response)
      case 'running': throw new Problem('idempotencyKeyInUse', 'A request with this Idempotency-Key is being handled: try again', {
        headers: { 'retry-after': '1' }
      })
      case 'reused': throw new Problem('idempotencyKeyReused', 'This Idempotency-Key belongs to a different request: use a new key')
    }
  })

  app.addHook('onSend', async (request, reply, payload) => {
    const { keyClaim: claim } = request
    if (claim === null) return payload
    request.keyClaim = null
    // Without its end, the lease of the claim ends, and a repeated request is handled as after a crash.
    await end(claim, reply, payload).catch((error: unknown) => {
      services.log.warn({ requestId: request.id, err: error }, 'could not store a response for its Idempotency-Key')
    })
    return payload
  })

  async function end (claim: KeyClaim, reply: FastifyReply, payload: unknown): Promise<void> {
    const { statusCode: status } = reply
    if (status >= 500) return await store.release(claim)
    // A repeated request may follow one that has changed something.
    if (status >= 400) return claim.resourceId === claim.leaseId ? await store.forget(claim) : await store.release(claim)
    const headers = Object.fromEntries(storedHeaders.flatMap((name) => {
      const value = reply.getHeader(name)
      return value === undefined ? [] : [[name, String(value)]]
    }))
    await store.complete(claim, { status, headers, body: typeof payload === 'string' ? payload : '' })
  }
}

function repeat (reply: FastifyReply, { status, headers, body }: StoredResponse): FastifyReply {
  // A string, so that the route's response schema does not apply.
  return reply.code(status).headers({ ...headers, 'idempotency-replayed': 'true' }).serializer(String).send(body)
}

/** A user's token may choose a team, for which the request then acts. */
function fingerprintOf ({ method, url, body, caller }: FastifyRequest): string {
  const teamId = caller?.kind === 'user' ? caller.teamId ?? '' : ''
  return `${method} ${url} ${teamId}\n${JSON.stringify(body ?? null)}`
}
