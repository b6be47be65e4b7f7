import { Type } from 'typebox'
import type { Static } from 'typebox'
import { newId } from '@carillon/shared/db'
import { addCounts, audienceCount, completeCounts, firstOf, isBroadcast, maxNamed } from '@carillon/shared/notifications'
import type { Accepted } from '@carillon/shared/deliveries'
import type { Draft, Notification } from '@carillon/shared/notifications'
import type { InputFault } from '../../problems/problem.ts'
import { audienceField, exactly, providerField, timeField } from '../fields.ts'
import { messageFaults, messageSchema, normalizeMessage } from './message-schema.ts'

const maxDataBytes = 16 * 1024
const dayMs = 86_400_000
/** Deliveries are dropped a while after their notification was made; they have to be over by then. */
const latestStartDay = 60
const latestEndDay = 80

export const newNotification = exactly({
  audience: audienceField,
  message: messageSchema,
  providers: Type.Optional(Type.Array(providerField, {
    minItems: 1, maxItems: 20, uniqueItems: true, description: 'Only to connections of these; all when absent'
  })),
  sendAt: Type.Optional(Type.String({ ...timeField, description: 'RFC 3339; within 60 days' })),
  expiresAt: Type.Optional(Type.String({ ...timeField, description: 'RFC 3339, within 80 days; what is not sent by then is not sent' })),
  spreadOver: Type.Optional(Type.Integer({
    minimum: 1,
    maximum: 86_400,
    description: 'Seconds over which the deliveries are spread, so that your own servers survive the click'
  })),
  onUnknown: Type.Optional(Type.Enum(['resend', 'hold'], {
    description: 'What becomes of a delivery whose worker died, at a provider where sending it again may show it twice: `hold` (the default) ' +
      'leaves it `unknown` until you retry, `resend` sends it again'
  })),
  data: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'Your own data, at most 16 KiB of JSON, given back with the same values. Numbers that JSON parsers round are refused: send them as strings' }))
})

export type NewNotification = Static<typeof newNotification>

/** What a schema cannot say: whether the fields go together, and whether what they name exists. */
export function faultsOf (
  { message, providers = [], data, ...body }: NewNotification,
  { now, known }: { now: number, known: (provider: string) => boolean }
): InputFault[] {
  const { sendAt, expiresAt } = timesOf(body)
  const startsAt = Math.max(sendAt?.getTime() ?? 0, now)
  return [
    ...messageFaults(message),
    ...providerFaults(providers, known),
    ...timeFaults('sendAt', sendAt, { after: now, name: 'now', latestDay: latestStartDay, now }),
    ...timeFaults('expiresAt', expiresAt, {
      after: startsAt, name: sendAt === undefined ? 'now' : 'sendAt', latestDay: latestEndDay, now
    }),
    ...expiresAt !== undefined && body.spreadOver !== undefined && expiresAt.getTime() < startsAt + body.spreadOver * 1_000
      ? [{ path: 'spreadOver', message: 'must be over before expiresAt' }]
      : [],
    ...data !== undefined && Buffer.byteLength(JSON.stringify(data)) > maxDataBytes
      ? [{ path: 'data', message: `must be at most ${maxDataBytes} bytes of JSON` }]
      : []
  ]
}

/** The draft that a body without faults asks for. */
export function toDraft (body: NewNotification, createdBy: string | undefined): Draft {
  const { audience, message, providers, data, spreadOver: spreadSeconds, onUnknown } = body
  const fields = { audience, message: normalizeMessage(message), providers, data, spreadSeconds, onUnknown, createdBy }
  return { id: newId(), origin: 'api', ...fields, ...timesOf(body) }
}

/** What the notification is right after it was accepted, without asking the database for what we know. */
export function fresh (
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

export function providerFaults (providers: string[], known: (provider: string) => boolean): InputFault[] {
  return providers.flatMap((id, index) => known(id) ? [] : [{ path: `providers.${index}`, message: 'is not a provider of this server that can send' }])
}

function timesOf ({ sendAt, expiresAt }: Pick<NewNotification, 'sendAt' | 'expiresAt'>) {
  return { sendAt: readTime(sendAt), expiresAt: readTime(expiresAt) }
}

function readTime (text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text)
}

function timeFaults (
  path: string,
  time: Date | undefined,
  { after, name, latestDay, now }: { after: number, name: string, latestDay: number, now: number }
): InputFault[] {
  if (time === undefined) return []
  if (Number.isNaN(time.getTime())) return [{ path, message: 'is not a moment in time' }]
  if (time.getTime() <= after) return [{ path, message: `must be after ${name}` }]
  return time.getTime() > now + latestDay * dayMs ? [{ path, message: `must be within ${latestDay} days from now` }] : []
}
