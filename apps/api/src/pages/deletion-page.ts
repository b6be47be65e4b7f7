import type { FastifyInstance } from 'fastify'
import { findDeletion } from '@carillon/shared/inbound'
import { textIn } from '../handshakes/text-in.ts'
import { foreign, html } from './html.ts'
import { sendPage } from './page.ts'
import type { ProviderContext } from './provider-context.ts'

/** `/deletions/:code`: shows a user that their data was deleted, by the code in the response to the provider's notice. */
export function addDeletionPage (scope: FastifyInstance, { provider, services, replies }: ProviderContext): void {
  const { database, site } = services

  scope.get('/deletions/:code', { schema: { hide: true } }, async ({ params }, reply) => {
    const code = textIn(params, 'code')
    const deletion = await findDeletion(database, provider.id, code)
    if (deletion === undefined) return replies.refuse(reply, 'unknownDeletion')
    return sendPage(reply, 200, {
      title: 'Your data is deleted',
      publicUrl: site.publicUrl,
      content: html`
        <h1>Your data is deleted</h1>
        <p>${provider.name} asked <em>${foreign(site.name)}</em> to delete the data of your account. We closed the connection and deleted
          the data that we had read through it, on ${deletion.at.toISOString()}.</p>
        <p class="soft">Confirmation code: ${code}</p>`
    })
  })
}
