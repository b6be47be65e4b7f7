import fastifyFormbody from '@fastify/formbody'
import type { FastifyInstance } from 'fastify'
import { formOf, queryOf } from '../kit/http/parameters.ts'
import { html, joinHtml } from '../kit/pages/html.ts'
import { accountField } from '../kit/pages/consent-page.ts'
import { sendPage, servicePage } from '../kit/pages/service-page.ts'
import { flavors, serialize } from './browsers.ts'
import type { Browsers, Subscription } from './browsers.ts'

const style = { name: 'Web Push', accent: '#5b3cc4', accentOnDark: '#b7a5ff' }

const subscribeInput = {
  type: 'object',
  properties: {
    account: { type: 'string', minLength: 1, maxLength: 100 },
    applicationServerKey: { type: 'string', minLength: 1 },
    flavor: { enum: flavors }
  },
  additionalProperties: false
}

interface BrowserOptions {
  id: string
  browsers: Browsers
  endpointOf: (subscription: Subscription) => string
}

interface SubscribeBody {
  account?: string
  applicationServerKey?: string
  flavor?: typeof flavors[number]
}

/** Simulated browsers for programs: the response is what a page gets from `pushManager.subscribe()`. */
export function browserControls (app: FastifyInstance, { browsers, endpointOf }: Omit<BrowserOptions, 'id'>): void {
  app.post<{ Body: SubscribeBody }>('/browsers', { schema: { body: subscribeInput } }, async ({ body }) => {
    const { account, applicationServerKey: serverKey, flavor } = body
    const subscription = browsers.subscribe({ account, serverKey, flavor })
    return { ...serialize(subscription, endpointOf(subscription)), name: subscription.account }
  })
}

/** Simulated browsers for people without a real push service. */
export function browserPages (app: FastifyInstance, { id, browsers, endpointOf }: BrowserOptions): void {
  app.register(async (scope) => {
    await scope.register(fastifyFormbody)

    scope.get('/browser', async (request, reply) => {
      const account = queryOf(request).get('account') ?? 'alice'
      return sendPage(reply, 200, servicePage(style, 'New browser', html`
        <h1>Subscribe a simulated browser</h1>
        <p>It makes keys as a real browser does, and its screen shows what is sent to it.</p>
        <form method="post" action="browser">
          ${accountField('Name of the browser', { account, knownAccounts: browsers.names() })}
          <label for="key">Public key of Carillon (GET /v1/${id}/key)</label>
          <input id="key" name="key" autocomplete="off" spellcheck="false">
          <label for="flavor">Push service</label>
          <select id="flavor" name="flavor">${joinHtml(flavors.map((flavor) => html`<option>${flavor}</option>`))}</select>
          <div class="buttons"><button class="allow">Subscribe</button></div>
        </form>`))
    })

    scope.post('/browser', async (request, reply) => {
      const form = formOf(request)
      const flavor = flavors.find((each) => each === form.get('flavor'))
      const subscription = browsers.subscribe({ account: form.get('account') || undefined, serverKey: form.get('key') || undefined, flavor })
      const text = JSON.stringify(serialize(subscription, endpointOf(subscription)), null, 2)
      return sendPage(reply, 200, servicePage(style, 'Subscribed', html`
        <h1>${subscription.account} is subscribed</h1>
        <p>A page sends this to <code>POST /v1/handshakes/…/subscription</code>:</p>
        <pre>${text}</pre>`))
    })
  })
}
