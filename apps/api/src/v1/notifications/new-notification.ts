import { Type } from 'typebox'
import type { Static } from 'typebox'
import { newId } from '@carillon/shared/db'
import { addCounts, audienceCount, completeCounts, firstOf, isBroadcast, maxNamed } from '@carillon/shared/notifications'
import type { Accepted } from '@carillon/shared/deliveries'
import type { Draft, Notification } from '@carillon/shared/notifications'
import type { InputError } from '../../problems/problem.ts'
import { audienceField, exactly, providerField, timeField } from '../fields.ts'
import { messageErrors, messageSchema, normalizeMessage } from './message-schema.ts'

const maxDataBytes = 16 * 1024
const dayMs = 86_400_000
/** The deliveries of a notification are deleted some time after it was created, and must have ended by then. */
const latestStartDay = 60
const latestEndDay = 80

export const notificationBody = exactly({
  audience: audienceField,
  message: messageSchema,
  providers: Type.Optional(Type.Array(providerField, {
    minItems: 1, maxItems: 20, uniqueItems: true, description: 'Send only through these providers. The default is all'
  })),
  sendAt: Type.Optional(Type.String({ ...timeField, description: 'When to send it: RFC 3339, within 60 days' })),
  expiresAt: Type.Optional(Type.String({ ...timeField, description: 'When to stop sending it: RFC 3339, within 80 days' })),
  spreadOver: Type.Optional(Type.Integer({
    minimum: 1,
    maximum: 86_400,
    description: 'Spread the deliveries over this many seconds, to limit the load on your servers'
  })),
  onUnknown: Type.Optional(Type.Enum(['resend', 'hold'], {
    description: 'What to do with a delivery whose worker died, when a second attempt could show it twice: `hold` (the default) ' +
      'leaves it `unknown` until you retry, `resend` sends it again'
  })),
  data: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'Your own data, at most 16 KiB of JSON, returned unchanged. Send numbers that JSON parsers round as strings' }))
})

export type NotificationBody = Static<typeof notificationBody>

/** Errors that the schema cannot express: fields that contradict each other, and unknown providers. */
export function notificationErrors (
  { message, providers = [], data, ...body }: NotificationBody,
  { now, known }: { now: number, known: (provider: string) => boolean }
): InputError[] {
  const { sendAt, expiresAt } = timesOf(body)
  const startsAt = Math.max(sendAt?.getTime() ?? 0, now)
  return [
    ...messageErrors(message),
    ...providerErrors(providers, known),
    ...timeErrors('sendAt', sendAt, { after: now, name: 'now', latestDay: latestStartDay, now }),
    ...timeErrors('expiresAt', expiresAt, {
      after: startsAt, name: sendAt === undefined ? 'now' : 'sendAt', latestDay: latestEndDay, now
    }),
    ...expiresAt !== undefined && body.spreadOver !== undefined && expiresAt.getTime() < startsAt + body.spreadOver * 1_000
      ? [{ path: 'spreadOver', message: 'must end before expiresAt' }]
      : [],
    ...data !== undefined && Buffer.byteLength(JSON.stringify(data)) > maxDataBytes
      ? [{ path: 'data', message: `must be at most ${maxDataBytes} bytes of JSON` }]
      : []
  ]
}

/** The draft of a valid body. */
export function toDraft (body: NotificationBody, createdBy: string | undefined): Draft {
  const { audience, message, providers, data, spreadOver: spreadSeconds, onUnknown } = body
  const fields = { audience, message: normalizeMessage(message), providers, data, spreadSeconds, onUnknown, createdBy }
  return { id: newId(), origin: 'api', ...fields, ...timesOf(body) }
}

/** The notification as it was accepted. It saves a query for what is known. */
export function toAcceptedNotification (
  draft: Draft, { createdAt, unreachable, reached }: Accepted, now: number, named = maxNamed.detail
): Notification {
  const { id, origin, audience, message, providers = null, data, sendAt = null, expiresAt = null } = draft
  const { spreadSeconds = null, onUnknown = 'hold' } = draft
  const progress = reached.map(({ provider, queued, parked }) => ({
    provider, counts: completeCounts({ queued, parked }), perSecond: 0, secondsLeft: queued === 0 ? 0 : null
  }))
  const counts = addCounts(progress.map(({ counts }) => counts))
  const isScheduled = sendAt !== null && sendAt.getTime() > now
  const isOver = reached.length === 0 && !isBroadcast(audience)
  const status = isOver ? 'completed' : isScheduled ? 'scheduled' : counts.queued > 0 || isBroadcast(audience) ? 'accepted' : 'sending'
  const deliveries = counts.queued + counts.parked
  return {
    id,
    origin,
    audience: firstOf(audience, named),
    audienceCount: audienceCount(audience),
    message,
    providers,
    data,
    unreachable: unreachable.slice(0, named),
    unreachableCount: unreachable.length,
    sendAt,
    expiresAt,
    spreadSeconds,
    onUnknown,
    createdAt,
    status,
    isOver,
    deliveries,
    counts,
    progress,
    version: ''
  }
}

export function providerErrors (providers: string[], known: (provider: string) => boolean): InputError[] {
  return providers.flatMap((id, index) => known(id) ? [] : [{ path: `providers.${index}`, message: 'is not a provider of this server that can send' }])
}

function timesOf ({ sendAt, expiresAt }: Pick<NotificationBody, 'sendAt' | 'expiresAt'>) {
  return { sendAt: readTime(sendAt), expiresAt: readTime(expiresAt) }
}

function readTime (text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text)
}

function timeErrors (
  path: string,
  time: Date | undefined,
  { after, name, latestDay, now }: { after: number, name: string, latestDay: number, now: number }
): InputError[] {
  if (time === undefined) return []
  if (Number.isNaN(time.getTime())) return [{ path, message: 'is not a moment in time' }]
  if (time.getTime() <= after) return [{ path, message: `must be after ${name}` }]
  return time.getTime() > now + latestDay * dayMs ? [{ path, message: `must be within ${latestDay} days from now` }] : []
}
