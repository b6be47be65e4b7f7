import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { parseObject } from '../kit/http/parse-object.ts'
import { gatewayPage } from '../kit/http/gateway-page.ts'
import { recordRequest } from '../kit/http/recorded-request.ts'
import { html, joinHtml } from '../kit/pages/html.ts'
import { sendPage, servicePage } from '../kit/pages/service-page.ts'
import { randomText } from '../kit/random-text.ts'
import type { Card, FaultResponse, SandboxServices, Simulator } from '../kit/simulator.ts'
import { NtfyError, notFound, tooManyRequests, unauthorized } from './ntfy-error.ts'
import { optionsIn, toMessage } from './publish-options.ts'
import type { NtfyMessage, PublishOptions } from './publish-options.ts'
import { createTopics } from './topics.ts'

const maxJsonBytes = 2 * 4_096
const maxFileBytes = 15 * 1024 * 1024
/** The first requests of a visitor, and the time until the next one. */
const burst = 60
const refillMs = 5_000
const style = { name: 'ntfy', accent: '#338574', accentOnDark: '#65b5a3' }
const oneAccount = { type: 'object', properties: { account: { type: 'string' } }, required: ['account'], additionalProperties: false }

/** An ntfy server of the 2.x line. It has its own host, because its root is where messages are published. */
export function createNtfy ({ clock, inbox, accounts, hostOf }: SandboxServices): Simulator {
  const topics = createTopics(accounts)
  /** `sequence_id` came with 2.16. The limit is off because all tests share one address. */
  const quirks = { hasSequenceIds: true, limitsRequests: false }
  let fullAtMs = 0

  return {
    id: 'ntfy',
    name: 'ntfy',
    hasOwnHost: true,
    state: topics.state,
    environment: (url) => ({ NTFY_URL: url, NTFY_HTTP_HOSTS: new URL(url).host }),

    async mount (app) {
      app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
        if (error instanceof NtfyError) return reply.code(error.status).send(error.body)
        const failure = error.statusCode === 413 ? new NtfyError(41301, 'request entity too large') : new NtfyError(50001, 'internal server error')
        return reply.code(failure.status).send(failure.body)
      })
      app.setNotFoundHandler(() => { throw notFound() })
      app.removeAllContentTypeParsers()
      app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxFileBytes }, (_request, body, done) => { done(null, body) })
      app.addHook('onRequest', async () => { takeRequest() })

      app.route({
        method: ['POST', 'PUT'],
        url: '/',
        bodyLimit: maxJsonBytes,
        handler: async (request) => {
          const content = parseObject(String(request.body ?? ''))
          if (content === undefined) throw new NtfyError(40024, 'invalid request: request body must be valid JSON')
          // Headers win over members, as Apprise sends some of both.
          return publish(request, content['topic'], { ...content, ...optionsIn(request) }, content)
        }
      })
      app.route<{ Params: { topic: string } }>({
        method: ['POST', 'PUT'],
        url: '/:topic',
        handler: async (request) => {
          const options = optionsIn(request)
          const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
          if (options['filename'] === undefined) return publish(request, request.params.topic, { ...options, message: body.toString() })
          return publish(request, request.params.topic, options, undefined, { name: String(options['filename']), size: body.length })
        }
      })
      app.get<{ Params: { topic: string } }>('/:topic/auth', async (request) => {
        topics.authorize(request, request.params.topic)
        return { success: true }
      })
      app.get<{ Params: { topic: string } }>('/:topic/json', async (request, reply) => {
        const { messages } = topics.authorize(request, request.params.topic)
        return reply.type('application/x-ndjson').send(messages.map((message) => `${JSON.stringify(message)}\n`).join(''))
      })
      app.get<{ Params: { topic: string } }>('/:topic', async (request, reply) => showTopic(reply, topics.authorize(request, request.params.topic).messages))
      app.get('/', async (_request, reply) => sendPage(reply, 200, servicePage(style, 'Topics', html`
        <p class="brand">ntfy <small>sandbox</small></p><h1>Topics</h1>
        <p>Publish to any topic with a POST. Its messages are at its address.</p>
        ${joinHtml(topics.names(20).map((name) => html`<p><a href="/${name}">${name}</a></p>`))}`)))
    },

    controls (app: FastifyInstance) {
      // What the owner of an account does in the settings: a token for a topic of their own.
      app.post<{ Body: { account: string } }>('/tokens', { schema: { body: oneAccount } }, async ({ body: { account } }) =>
        ({ account, accessToken: topics.issueToken(account) }))
    },

    createAccount () {
      const { account } = topics.create()
      return { account, host: hostOf('ntfy'), topic: account, accessToken: topics.issueToken(account) }
    },

    // The tokens of this server do not expire.
    expireTokens: () => 0,
    revokeTokens: topics.revoke,
    quirks,
    consentPath: () => `http://${hostOf('ntfy')}/`,
    toCard: (item) => toCard(item as NtfyMessage),
    faultResponse,

    reset () {
      topics.reset()
      fullAtMs = 0
    }
  }

  function publish (
    request: FastifyRequest, name: unknown, options: PublishOptions, body?: object, file?: { name: string, size: number }
  ): NtfyMessage {
    const topic = topics.authorize(request, name)
    const defaults = file === undefined ? {} : { message: `You received a file: ${file.name}` }
    const message = toMessage({ ...defaults, ...options }, {
      id: randomText(12), nowMs: clock.nowMs(), topic: topic.account, keepsSequence: quirks.hasSequenceIds
    })
    if (file !== undefined) message.attachment = file
    const isReplaced = ({ sequence_id: sequence }: NtfyMessage) => sequence !== undefined && sequence === message.sequence_id
    topic.messages = [...topic.messages.filter((earlier) => !isReplaced(earlier)), message]
    inbox.add('ntfy', topic.account, { ...recordRequest(request), body: body ?? options }, message)
    return message
  }

  /** The bucket of a visitor. All callers come from this machine, so there is one. */
  function takeRequest (): void {
    if (!quirks.limitsRequests) return
    const now = clock.nowMs()
    const next = Math.max(fullAtMs, now) + refillMs
    if (next - now > burst * refillMs) throw tooManyRequests()
    fullAtMs = next
  }

  function showTopic (reply: FastifyReply, messages: NtfyMessage[]): FastifyReply {
    return sendPage(reply, 200, servicePage(style, 'Topic', html`
      <p class="brand">ntfy <small>sandbox</small></p><h1>Messages</h1>
      ${joinHtml(messages.map(({ title = '', message }) => html`<p><strong>${title}</strong> ${message}</p>`))}`))
  }
}

function toCard ({ title, message, click, attachment }: NtfyMessage): Card {
  const isFile = attachment !== undefined && attachment.url === undefined
  return { kind: isFile ? 'file' : 'message', title, body: isFile ? `${message} [${attachment.name}]` : message, url: click, imageUrl: attachment?.url }
}

function faultResponse (status: number): FaultResponse {
  if (status >= 500) return { headers: {}, body: gatewayPage(status) }
  const known = [unauthorized(), notFound(), tooManyRequests()].find((error) => error.status === status)
  return { headers: {}, body: status < 400 ? {} : known?.body ?? new NtfyError(status * 100 + 1, 'refused').body }
}
