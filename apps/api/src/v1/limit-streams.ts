import type { FastifyInstance } from 'fastify'
import { requireCallerId } from '../auth/callers.ts'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts an open stream of the caller until the returned function is called. Throws Problem `tooManyStreams`. */
    takeStreamSlot: (request: FastifyRequest) => () => void
  }
}

const retryAfterSeconds = '10'

/** Limits the streams that each API key and each user has open at this process. Each costs memory for as long as it is open. */
export function limitStreams (app: FastifyInstance, { maxStreams }: Pick<Services, 'maxStreams'>): void {
  const open = new Map<string, number>()

  app.decorate('takeStreamSlot', (request) => {
    const callerId = requireCallerId(request)
    const count = open.get(callerId) ?? 0
    if (count >= maxStreams) {
      const caller = request.caller?.kind === 'user' ? 'user' : 'API key'
      throw new Problem('tooManyStreams', `This ${caller} has ${maxStreams} open streams at this server, which is the limit: close one first`, {
        headers: { 'retry-after': retryAfterSeconds }
      })
    }
    open.set(callerId, count + 1)
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      const others = (open.get(callerId) ?? 1) - 1
      if (others > 0) open.set(callerId, others)
      else open.delete(callerId)
    }
  })
}
