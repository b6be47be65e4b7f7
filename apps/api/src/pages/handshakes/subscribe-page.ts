import { readFile } from 'node:fs/promises'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { publicId } from '@carillon/shared/db'
import type { Handshake } from '@carillon/shared/handshakes'
import { parseJson } from '@carillon/http'
import type { SubscribeHandshake } from '@carillon/shared/providers'
import { isOwnHandshake } from '../../handshakes/browser-binding.ts'
import { isOver } from '../../handshakes/outcome/handshake-outcome.ts'
import { submitSubscription } from '../../handshakes/submit-subscription.ts'
import { textIn } from '../../handshakes/text-in.ts'
import { bindBrowser } from '../browser/bind-browser.ts'
import { findNamedHandshake } from '../browser/find-handshake.ts'
import { isSameOrigin } from '../browser/same-origin.ts'
import { cancelForm } from './cancel-form.ts'
import { forWhom, warningOf } from './handshake-texts.ts'
import { foreign, html } from '../html.ts'
import { sendPage } from '../page.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { ProviderContext, ShowStart } from '../provider-context.ts'

/** Scripts under the path of the provider. Sites load the first two from their own pages. */
const scripts = { 'worker.js': 'push-worker.js', 'subscribe.js': 'subscribe.js', 'subscribe-page.js': 'subscribe-page.js' }

/** An endpoint of 2,048 characters, percent-encoded. */
const maxFormBytes = 8_192

/** Has a button that asks for the permission and subscribes this browser. A script sends the subscription in the form. */
export async function addSubscribePage (
  scope: FastifyInstance, context: ProviderContext, subscribe: SubscribeHandshake
): Promise<ShowStart> {
  const { provider, services, cookies, replies } = context
  const { site } = services
  const baseUrl = `${site.publicUrl}/connect/${provider.id}`
  await addScripts(scope, { connectUrl: `${site.publicUrl}/connect`, apiUrl: `${site.publicUrl}/v1`, provider: provider.id })

  scope.post('/subscription', { bodyLimit: maxFormBytes, config: { cost: costs.outgoing }, schema: { hide: true } }, async (request, reply) => {
    const handshake = await findNamedHandshake(services, provider, request.body, 'subscribe')
    if (handshake === undefined) return replies.refuse(reply, 'unknownHandshake')
    if (!isSameOrigin(request, site)) return replies.refuse(reply, 'notSameOrigin')
    if (isOver(handshake)) {
      const isOwn = isOwnHandshake(handshake, cookies.read(request))
      return isOwn ? await replies.awaitEnd(reply, handshake) : replies.over(reply, handshake)
    }
    if (!await bindBrowser(request, reply, handshake, context)) return replies.refuse(reply, 'foreignCookie')
    reply.header('referrer-policy', 'same-origin')
    const result = await submitSubscription(services, provider, handshake, parseJson(textIn(request.body, 'subscription')))
    if (result.kind === 'wrong') return show(reply, handshake, 422, `This browser cannot be connected: ${result.reason}.`)
    return result.kind === 'over' ? await replies.awaitEnd(reply, handshake) : replies.end(reply, handshake, result)
  })

  return (_request, reply, handshake) => show(reply, handshake, 200)

  function show (reply: FastifyReply, handshake: Handshake, status: number, error?: string): FastifyReply {
    const { id } = handshake
    return sendPage(reply, status, {
      title: `Connect ${provider.name}`,
      publicUrl: site.publicUrl,
      script: `../${provider.id}/subscribe-page.js`,
      content: html`
        <h1>Connect this browser ${forWhom(handshake, site)}</h1>
        <p>It then shows notifications from <em>${foreign(site.name)}</em>, even when no page of the site is open. Your browser asks you to allow them.</p>
        <form id="subscribe" method="post" action="${baseUrl}/subscription" data-worker="worker.js" data-keys="${subscribe.publicKeys.join(' ')}">
          <input type="hidden" name="handshake" value="${publicId('handshake', id)}">
          <input type="hidden" name="subscription" value="">
          <p id="error" class="error" role="alert" ${error === undefined ? 'hidden' : ''}>${error ?? ''}</p>
          <p class="buttons"><button>Turn on notifications</button></p>
        </form>
        ${cancelForm(handshake, context)}
        <noscript><p class="error">This page needs JavaScript.</p></noscript>
        <p class="soft">${warningOf(handshake, site)}</p>`
    })
  }
}

/** The scripts contain no secrets, and a site may import them from another origin. */
async function addScripts (scope: FastifyInstance, values: Record<string, string>): Promise<void> {
  for (const [name, file] of Object.entries(scripts)) {
    const source = await readFile(new URL(`../../../assets/${file}`, import.meta.url), 'utf8')
    const script = source.replace(/'\{(\w+)\}'/g, (text, value: string) => JSON.stringify(values[value] ?? text))
    scope.get(`/${name}`, { schema: { hide: true } }, async (_request, reply) => reply
      .type('text/javascript; charset=utf-8')
      .headers({ 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' })
      .send(script))
  }
}
