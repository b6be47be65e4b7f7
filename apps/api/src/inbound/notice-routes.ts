import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { NewNotice } from '@carillon/shared/connections'
import type { Notices, Provider } from '@carillon/shared/providers'
import { textIn } from '../handshakes/text-in.ts'
import { sendProblem } from '../problems/problem-handlers.ts'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'
import { handleNotice } from './handle-notice.ts'

/**
 * The notices that a provider sends: `/deauthorize` when a user has removed the application there, and `/delete` when the user
 * asks for the deletion of their data. Both are signed.
 */
export function addNoticeRoutes (scope: FastifyInstance, provider: Provider, notices: Notices, services: Services): void {
  const { site } = services

  scope.post('/deauthorize', { schema: { hide: true } }, async (request, reply) =>
    await answer('deauthorize', request, reply, () => ({ success: true })))

  scope.post('/delete', { schema: { hide: true } }, async (request, reply) => await answer('delete', request, reply, (code) => ({
    url: `${site.publicUrl}/connect/${provider.id}/deletions/${code}`, confirmation_code: code
  })))

  /** Refusals are problem documents: the reader is a program, and the other routes here have pages. */
  async function answer (
    kind: NewNotice['kind'], request: FastifyRequest, reply: FastifyReply, toBody: (code: string) => object
  ): Promise<FastifyReply> {
    try {
      const code = await handleNotice(services, provider, notices, { kind, signed: textIn(request.body, notices.field) })
      return reply.send(toBody(code))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      return sendProblem(error, request, reply, site.publicUrl)
    }
  }
}
