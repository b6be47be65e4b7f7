import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { findDeletion, takeNotice } from '@carillon/shared/connections'
import type { NewNotice } from '@carillon/shared/connections'
import { publicId } from '@carillon/shared/db'
import { skipWaiting } from '@carillon/shared/deliveries'
import { ProviderError } from '@carillon/shared/providers'
import type { Notices, Provider } from '@carillon/shared/providers'
import { foreign, html } from '../pages/html.ts'
import { sendPage } from '../pages/page.ts'
import { Problem } from '../problems/problem.ts'
import { sendProblem } from '../problems/problem-handlers.ts'
import type { Services } from '../services.ts'
import { textIn } from '../pages/browser/find-handshake.ts'
import { sendFailure } from '../pages/outcome-pages.ts'

/**
 * What a provider tells us of its own accord: `/deauthorize` when a user has removed us there, `/delete` when all that is about
 * them has to go. Both are signed, and the same one counts once. `/deletions/CODE` is where the user sees what has become of it.
 */
export function addNotices (scope: FastifyInstance, provider: Provider, notices: Notices, services: Services): void {
  const { database, log, site } = services

  scope.post('/deauthorize', { schema: { hide: true } }, async (request, reply) =>
    await heed('deauthorize', request, reply) === undefined ? reply : reply.send({ success: true }))

  scope.post('/delete', { schema: { hide: true } }, async (request, reply) => {
    const code = await heed('delete', request, reply)
    if (code === undefined) return reply
    return reply.send({ url: `${site.publicUrl}/connect/${provider.id}/deletions/${code}`, confirmation_code: code })
  })

  scope.get('/deletions/:code', { schema: { hide: true } }, async ({ params }, reply) => {
    const code = textIn(params, 'code')
    const deletion = await findDeletion(database, provider.id, code)
    if (deletion === undefined) return sendFailure(reply, 'unknownDeletion', { site, provider })
    return sendPage(reply, 200, {
      title: 'Your data is deleted',
      publicUrl: site.publicUrl,
      content: html`
        <h1>Your data is deleted</h1>
        <p>${provider.name} told <em>${foreign(site.name)}</em> that you want it to keep nothing of your account there. The connection is
          closed, and what had been read through it is erased, since ${deletion.at.toISOString()}.</p>
        <p class="soft">Confirmation code: ${code}</p>`
    })
  })

  /** Answers the code by which it can be looked up; undefined when it was refused, and nothing has changed. */
  async function heed (kind: NewNotice['kind'], request: FastifyRequest, reply: FastifyReply): Promise<string | undefined> {
    const signed = textIn(request.body, notices.field)
    const notice = read(signed)
    if (notice instanceof ProviderError) {
      log.warn({ provider: provider.id, kind, reason: notice.verdict.reason }, 'a notice was refused')
      sendProblem(new Problem('badRequest', notice.verdict.reason), request, reply, site.publicUrl)
      return undefined
    }
    const { code, closed } = await takeNotice(database, { provider: provider.id, kind, ...notice })
    for (const id of closed) await skipWaiting(database, id)
    log.info({ provider: provider.id, kind, connectionIds: closed.map((id) => publicId('connection', id)) }, 'took a notice')
    return code
  }

  function read (signed: string) {
    try {
      return notices.read(signed)
    } catch (error) {
      if (error instanceof ProviderError) return error
      throw error
    }
  }
}
