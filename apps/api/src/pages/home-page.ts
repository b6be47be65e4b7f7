import type { FastifyInstance } from 'fastify'
import { foreign, foreignText, html } from './html.ts'
import type { Html } from './html.ts'
import { sendPage } from './page.ts'
import type { Services } from '../services.ts'
import { textIn } from './browser/find-handshake.ts'
import { describeReason, isReason } from '../handshakes/reasons.ts'

/** What can be connected, for the user whose token the page is opened with, and what has come of the last try. */
export function addHomePage (app: FastifyInstance, { providers, site }: Services): void {
  app.get('/', { schema: { hide: true }, prefixTrailingSlash: 'no-slash' }, async ({ query }, reply) => sendPage(reply, 200, {
    title: `Your connections at ${foreignText(site.name)}`,
    publicUrl: site.publicUrl,
    script: 'connect.js',
    content: html`
        <h1>Your connections at <em>${foreign(site.name)}</em></h1>
        ${outcomeOf(query)}
        <p id="fault" class="error" role="alert" hidden></p>
        <p id="hint" class="soft" role="status"></p>
        <ul id="connectors"></ul>
        <noscript><p class="error">This page needs JavaScript.</p></noscript>`
  }))

  /** The words are ours: of what the address says, only names that we know count. */
  function outcomeOf (query: unknown): Html | undefined {
    const name = providers.get(textIn(query, 'provider'))?.name ?? 'Your account'
    const outcome = textIn(query, 'carillon')
    if (outcome === 'connected') return html`<p id="outcome" role="status" tabindex="-1">${name} is connected.</p>`
    if (outcome !== 'failed') return undefined
    const reason = textIn(query, 'reason')
    const { title, text } = isReason(reason) ? describeReason(reason, name) : { title: `${name} is not connected`, text: '' }
    return html`<p id="outcome" class="error" role="alert" tabindex="-1"><strong>${title}.</strong> ${text}</p>`
  }
}
