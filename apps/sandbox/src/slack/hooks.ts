import type { FastifyInstance, FastifyRequest } from 'fastify'
import { formOf } from '../kit/http/parameters.ts'
import { parseObject } from '../kit/http/parse-object.ts'
import { randomText } from '../kit/random-text.ts'
import { assertContent, readContent } from './content.ts'
import type { Deliver } from './content.ts'
import { SlackError } from './slack-error.ts'
import type { Member, World } from './world.ts'

/** Statuses of the texts with which an incoming webhook refuses a message. */
const statuses: Record<string, number> = { no_service: 404, channel_is_archived: 410 }

/** Creates an incoming webhook for the channel. */
export function addWebhook (world: World, channel: Member, { protocol, host }: FastifyRequest): object {
  const path = `/services/${channel.workspace.id}/B${channel.id.slice(1)}/${randomText(24)}`
  world.webhooks.set(path, channel)
  const base = `${protocol}://${host}/slack`
  const [name = ''] = channel.account.split('@')
  return { channel: name, channel_id: channel.id, configuration_url: `${base}/settings`, url: base + path }
}

/** The incoming webhooks, which respond with texts. */
export function hookRoutes (app: FastifyInstance, { webhooks }: World, deliver: Deliver): void {
  app.setErrorHandler((error, _request, reply) => {
    const { message, status, headers } = error instanceof SlackError ? error : new SlackError('invalid_payload')
    return reply.code(status === 200 ? statuses[message] ?? 400 : status).headers(headers).type('text/html').send(message)
  })

  app.post('/services/*', async (request, reply) => {
    const path = request.url.replace(/^\/slack/, '').replace(/\?.*$/, '')
    const channel = webhooks.get(path)
    if (channel === undefined) throw new SlackError('no_service')
    if (channel.isGone) throw new SlackError('channel_is_archived')
    const content = readContent(fieldsOf(request))
    assertContent(content)
    deliver(request, channel, content)
    return reply.type('text/html').send('ok')
  })
}

/** A JSON body, or a form whose field `payload` contains it. */
function fieldsOf (request: FastifyRequest): Record<string, unknown> {
  const { body } = request
  if (request.headers['content-type']?.includes('json') === true) return typeof body === 'object' && body !== null ? { ...body } : {}
  const payload = parseObject(formOf(request).get('payload') ?? '')
  if (payload === undefined) throw new SlackError('invalid_payload')
  return payload
}
