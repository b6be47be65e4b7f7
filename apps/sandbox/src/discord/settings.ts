import type { FastifyInstance, FastifyRequest } from 'fastify'
import { formOf } from '../kit/http/parameters.ts'
import { MAX_KNOWN_ACCOUNTS } from '../kit/oauth/authorize-page.ts'
import { accountField } from '../kit/pages/consent-page.ts'
import { html } from '../kit/pages/html.ts'
import { sendPage, servicePage } from '../kit/pages/service-page.ts'
import { consentUrl, STYLE } from './client.ts'
import type { Webhook, World } from './world.ts'

/** The page with the integrations of a channel, where its owner creates webhooks. */
export function settingsRoutes (app: FastifyInstance, { addWebhook, members }: World): void {
  app.get('/settings', async (request, reply) => {
    const person = { account: 'alice', knownAccounts: members.names(MAX_KNOWN_ACCOUNTS) }
    return sendPage(reply, 200, servicePage(STYLE, 'Integrations', html`
      <h1>Integrations</h1>
      <p>Create a webhook for the channel of an account. Programs post to its URL.</p>
      <form method="post" action="settings">
        ${accountField('Channel of', person)}
        <div class="buttons"><button class="allow">New webhook</button></div>
      </form>
      <p class="hint"><a href="${consentUrl(`${request.protocol}://${request.host}`)}">Authorize an application instead</a></p>`))
  })

  app.post('/settings', async (request, reply) => {
    const account = formOf(request).get('account')?.trim() || 'alice'
    const url = urlOfWebhook(addWebhook(members.open(account), false), request)
    return sendPage(reply, 200, servicePage(STYLE, 'Webhook', html`
      <h1>Webhook of ${account}</h1>
      <p>Everyone who has this URL can post to the channel:</p>
      <pre>${url}</pre>`))
  })
}

/** The URL that people copy from Discord. */
export function urlOfWebhook ({ id, token }: Webhook, { protocol, host }: FastifyRequest): string {
  return `${protocol}://${host}/discord/api/webhooks/${id}/${token}`
}
