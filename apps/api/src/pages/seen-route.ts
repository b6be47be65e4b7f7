import type { FastifyInstance } from 'fastify'
import { openSeenToken, recordSeen } from '@carillon/shared/deliveries'
import { textIn } from '../handshakes/text-in.ts'
import type { Services } from '../services.ts'

/**
 * `/seen`: the user's device reports that the user opened a message. The token of the message is the only proof, so that service
 * workers of any site can send it. The response is the same for all tokens.
 */
export function addSeenRoute (app: FastifyInstance, { database, vault }: Services): void {
  app.post('/seen', { schema: { hide: true } }, async (request, reply) => {
    const key = openSeenToken(vault, textIn(request.body, 'token'))
    if (key !== undefined) await recordSeen(database, key)
    return reply.code(204).header('cache-control', 'no-store').send()
  })
}
