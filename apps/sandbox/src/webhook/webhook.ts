import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Faults } from '../kit/faults/faults.ts'
import { gatewayPage } from '../kit/http/gateway-page.ts'
import { keepBodiesAsText } from '../kit/http/keep-bodies-as-text.ts'
import { isObject, parseObject } from '../kit/http/parse-object.ts'
import { recordRequest } from '../kit/http/recorded-request.ts'
import { html, joinHtml } from '../kit/pages/html.ts'
import { sendPage, servicePage } from '../kit/pages/service-page.ts'
import type { Card, SandboxServices, Simulator } from '../kit/simulator.ts'
import { createEndpoints } from './endpoints.ts'
import { hookControls } from './bench/hook-controls.ts'
import { createHookHosts } from './bench/hook-hosts.ts'
import type { Endpoint } from './endpoints.ts'
import { findSignatureError } from './verify-signature.ts'

/** What an endpoint received. */
interface WebhookEvent {
  id: string
  type: string
  timestamp: string
  data: Record<string, unknown>
  /** `unchecked` by an endpoint without a secret. */
  signature: 'valid' | 'unchecked'
}

const style = { name: 'Webhook', accent: '#7048b6', accentOnDark: '#b197fc' }
const settings = {
  type: 'object',
  properties: {
    account: { type: 'string' },
    secrets: { type: 'array', items: { type: 'string', pattern: '^whsec_' } },
    status: { type: 'integer', minimum: 200, maximum: 599 }
  },
  required: ['account'],
  additionalProperties: false
}

/** Programs of users, each at `/hooks/NAME`. They receive Standard Webhooks, like the library of the specification. */
export function createWebhook ({ clock, inbox, accounts, bench, hostOf }: SandboxServices): Simulator {
  const hosts = bench ? createHookHosts() : undefined
  const endpoints = createEndpoints(accounts)
  const quirks = { answersChallenges: true }

  return {
    id: 'webhook',
    name: 'Webhook',
    hasOwnHost: true,
    environment: (url) => ({ WEBHOOK_ENABLED: 'true', WEBHOOK_HTTP_HOSTS: new URL(url).host }),

    async mount (app) {
      hosts?.serve(app.server)
      app.addHook('preClose', async () => { hosts?.close() })
      keepBodiesAsText(app)
      app.post<{ Params: { endpoint: string } }>('/hooks/:endpoint', async (request, reply) =>
        receive(request, reply, endpoints.open(request.params.endpoint)))
      app.get<{ Params: { endpoint: string } }>('/hooks/:endpoint', async (request, reply) =>
        showEndpoint(reply, endpoints.open(request.params.endpoint)))
      app.post<{ Params: { endpoint: string } }>('/hooks/:endpoint/secret', async (request, reply) => {
        const endpoint = endpoints.open(request.params.endpoint)
        const secret = new URLSearchParams(String(request.body)).get('secret')?.trim() ?? ''
        endpoint.secrets = secret === '' ? [] : [secret]
        return reply.redirect(`/hooks/${endpoint.account}`, 303)
      })
      app.get('/', async (_request, reply) => sendPage(reply, 200, servicePage(style, 'Endpoints', html`
        <h1>Endpoints</h1>
        <p>Each address <code>http://${hostOf('webhook')}/hooks/NAME</code> is a program of a user that receives webhooks.</p>
        ${joinHtml(endpoints.names(20).map((name) => html`<p><a href="/hooks/${name}">${name}</a></p>`))}`)))
    },

    controls (app: FastifyInstance) {
      // What the owner of a program does: store secrets, or break it.
      app.post<{ Body: { account: string, secrets?: string[], status?: number } }>('/endpoints', { schema: { body: settings } },
        async ({ body: { account, ...changes } }) => {
          const endpoint = Object.assign(endpoints.open(account), changes)
          return { account, status: endpoint.status, secrets: endpoint.secrets.length }
        })
      if (hosts !== undefined) hookControls(app, hosts)
    },

    ...hosts !== undefined && {
      quickRoute: ({ faults }: { faults: Faults }) =>
        ({ start: 'POST /hooks/', respond: (head: string) => faults.any() ? undefined : hosts.respond(head) })
    },

    createAccount () {
      const { account, secret } = endpoints.createWithSecret()
      return { account, url: `http://${hostOf('webhook')}/hooks/${account}`, secret }
    },

    // Secrets do not expire.
    expireTokens: () => 0,
    revokeTokens: endpoints.remove,
    quirks,
    consentPath: () => `http://${hostOf('webhook')}/`,
    toCard: (item) => toCard(item as WebhookEvent),
    faultResponse: (status) => ({ headers: {}, body: status >= 500 ? gatewayPage(status) : '' }),
    state: { endpoints },
    reset () {
      endpoints.reset()
      hosts?.reset()
    }
  }

  function receive (request: FastifyRequest, reply: FastifyReply, endpoint: Endpoint): FastifyReply {
    const { account, secrets, status, seen } = endpoint
    if (status !== 200) return reply.code(status).send('')
    const text = String(request.body ?? '')
    const event = parseObject(text)
    const { type, timestamp, data } = event ?? {}
    if (typeof type !== 'string' || !isObject(data)) return reply.code(400).send({ error: 'not an event' })
    const isChallenge = type === 'connection.verify'
    // The owner learns the secret only after the challenge.
    const isChecked = !isChallenge && secrets.length > 0
    const error = isChecked ? findSignatureError(request.headers, text, secrets, clock.nowMs()) : undefined
    if (error !== undefined) return reply.code(401).send({ error })
    const id = String(request.headers['webhook-id'])
    if (!seen.has(id)) {
      seen.add(id)
      const signature = isChecked ? 'valid' : 'unchecked'
      const received: WebhookEvent = { id, type, timestamp: String(timestamp), data, signature }
      inbox.add('webhook', account, { ...recordRequest(request), body: event }, received)
    }
    return isChallenge && quirks.answersChallenges ? reply.send({ challenge: data['challenge'] }) : reply.code(204).send()
  }

  function showEndpoint (reply: FastifyReply, { account, secrets }: Endpoint): FastifyReply {
    const { data } = inbox.list({ provider: 'webhook', account, limit: 1_000 })
    return sendPage(reply, 200, servicePage(style, account, html`
      <h1>${account}</h1>
      <p>${secrets.length === 0 ? 'It accepts every request. With the signing secret, it verifies signatures.' : 'It verifies signatures.'}</p>
      <form method="post" action="/hooks/${account}/secret">
        <label for="secret">Signing secret</label>
        <input id="secret" name="secret" value="${secrets[0] ?? ''}" placeholder="whsec_…" autocomplete="off" spellcheck="false">
        <div class="buttons"><button class="allow">Store</button></div>
      </form>
      ${joinHtml(data.slice(-20).reverse().map(({ item }) => {
        const { type, signature, data } = item as WebhookEvent
        return html`<p><strong>${type}</strong> <small>signature ${signature}</small></p><pre>${JSON.stringify(data, null, 2)}</pre>`
      }))}`))
  }
}

function toCard ({ type, data, signature }: WebhookEvent): Card {
  const text = (name: string): string | undefined => typeof data[name] === 'string' ? data[name] : undefined
  if (type === 'connection.verify') return { kind: 'challenge', title: 'Challenge', body: text('challenge') }
  return { kind: `signature ${signature}`, title: text('title'), body: text('body'), url: text('url'), imageUrl: text('image') }
}
