import type { FastifyInstance } from 'fastify'
import { describeReason, isReason } from '../handshakes/outcome/reasons.ts'
import { textIn } from '../handshakes/text-in.ts'
import type { Services } from '../services.ts'
import { foreign, foreignText, html } from './html.ts'
import type { Html } from './html.ts'
import { sendPage } from './page.ts'

/** The connect page: a script lists what the user can connect. Above the list is the outcome of the last handshake. */
export function addHomePage (app: FastifyInstance, { providers, site }: Services): void {
  app.get('/', { schema: { hide: true }, prefixTrailingSlash: 'no-slash' }, async ({ query }, reply) => sendPage(reply, 200, {
    title: `Your connections at ${foreignText(site.name)}`,
    publicUrl: site.publicUrl,
    script: 'connect.js',
    content: html`
        <h1>Your connections at <em>${foreign(site.name)}</em></h1>
        ${outcomeOf(query)}
        <p id="error" class="error" role="alert" hidden></p>
        <p id="hint" class="soft" role="status"></p>
        <ul id="connectors"></ul>
        <p id="back" class="buttons" hidden><a class="button quiet">Back to ${foreign(site.name)}</a></p>
        <noscript><p class="error">This page needs JavaScript.</p></noscript>`
  }))

  /** All words are ours. The URL can only choose among the providers and the reasons that we know. */
  function outcomeOf (query: unknown): Html | undefined {
    const provider = providers.get(textIn(query, 'provider'))?.name
    const outcome = textIn(query, 'carillon')
    if (outcome === 'connected') return html`<p id="outcome" role="status" tabindex="-1">${provider ?? 'Your account'} is connected.</p>`
    if (outcome !== 'failed') return undefined
    const reason = textIn(query, 'reason')
    const { title, text } = isReason(reason)
      ? describeReason(reason, { site: foreignText(site.name), provider })
      : { title: `${provider ?? 'Your account'} is not connected`, text: '' }
    return html`<p id="outcome" class="error" role="alert" tabindex="-1"><strong>${title}.</strong> ${text}</p>`
  }
}
