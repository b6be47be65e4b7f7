import type { FastifyInstance, FastifyReply } from 'fastify'
import { recordRequest } from '../kit/http/recorded-request.ts'
import { randomText } from '../kit/random-text.ts'
import type { SandboxServices } from '../kit/simulator.ts'
import type { Limiter } from './limiter.ts'
import { checkVapid } from './check-vapid.ts'
import type { Browsers, Subscription } from './browsers.ts'
import { errorOf } from './errors.ts'
import type { ErrorName } from './errors.ts'
import type { ShowMessage } from './show-message.ts'

const maxBodyBytes = 4_096
const maxTtlSeconds = 30 * 24 * 60 * 60

interface PushServices extends Pick<SandboxServices, 'bench' | 'clock'> {
  browsers: Browsers
  limiter: Limiter
  show: ShowMessage
}

/** Accepts messages for subscriptions (RFC 8030 §5), with the checks of Mozilla's service. */
export function pushRoutes (
  app: FastifyInstance,
  { bench, clock, browsers, limiter, show }: PushServices
): void {
  app.post<{ Params: { token: string } }>('/wpush/v2/:token', { bodyLimit: 64 * 1024 }, async (request, reply) => {
    const subscription = browsers.byToken(request.params.token)
    if (subscription === undefined) return refuse(reply, 'unknown', 'mozilla')
    const { headers, body, protocol, host } = request
    const content = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
    const error = subscription.isGone
      ? 'gone'
      : findError(headers, content) ?? findVapidError(headers.authorization, `${protocol}://${host}`, subscription)
    if (error !== undefined) return refuse(reply, error, subscription.flavor)
    const waitSeconds = limiter.take()
    if (waitSeconds !== undefined) return refuse(reply, 'tooMany', subscription.flavor, { 'retry-after': String(waitSeconds) })

    const topic = headers['topic']?.toString()
    const ttl = Math.min(Number(headers['ttl']), maxTtlSeconds)
    const message = { id: randomText(20), body: content, ttl, topic }
    if (!subscription.isOffline) show(subscription, message, recordRequest(request))
    // Without a lifetime, a message for a browser that is offline is dropped, and the response is the same.
    else if (ttl > 0) keep(subscription, message)
    return reply.code(201).headers({ location: `${protocol}://${host}/webpush/m/${message.id}`, ttl: String(ttl) }).send('')
  })

  function findVapidError (authorization: string | undefined, origin: string, subscription: Subscription): ErrorName | undefined {
    return bench ? undefined : checkVapid(authorization, { origin, nowMs: clock.nowMs(), subscription })
  }

  app.delete<{ Params: { id: string } }>('/m/:id', async (_request, reply) => reply.code(204).send())
}

/** A message replaces the waiting one with the same topic. */
function keep (subscription: Subscription, message: Subscription['waiting'][number]): void {
  const { topic } = message
  subscription.waiting = [...subscription.waiting.filter((other) => topic === undefined || other.topic !== topic), message]
}

function findError (headers: Record<string, string | string[] | undefined>, body: Buffer): ErrorName | undefined {
  if (!/^\d+$/.test(String(headers['ttl'] ?? ''))) return 'ttl'
  const { topic } = headers
  if (topic !== undefined && !/^[\w-]{1,32}$/.test(String(topic))) return 'topic'
  if (body.length > 0 && headers['content-encoding'] !== 'aes128gcm') return 'encoding'
  return body.length > maxBodyBytes ? 'tooLarge' : undefined
}

function refuse (
  reply: FastifyReply, name: ErrorName, flavor: Subscription['flavor'], more: Record<string, string> = {}
): FastifyReply {
  const { status, headers, body } = errorOf(name, flavor)
  return reply.code(status).headers({ ...headers, ...more }).type(typeof body === 'string' ? 'text/plain' : 'application/json').send(body)
}
