import { Type } from 'typebox'
import type { Static } from 'typebox'
import { deliveryStates, newId } from '@carillon/shared/db'
import type { Accepted, Draft, Notification } from '@carillon/shared/notifications'
import { refuseFaults } from '../problems/problem.ts'
import type { InputFault } from '../problems/problem.ts'
import { exactly, providerField, timeField, userIdField } from './fields.ts'
import { messageFaults, messageSchema } from './message-schema.ts'

const maxDataBytes = 16 * 1024

export const newNotification = exactly({
  audience: exactly({ userIds: Type.Array(userIdField, { minItems: 1, maxItems: 10_000, uniqueItems: true }) }),
  message: messageSchema,
  providers: Type.Optional(Type.Array(providerField, {
    minItems: 1, maxItems: 20, uniqueItems: true, description: 'Only to connections of these; all when absent'
  })),
  sendAt: Type.Optional(Type.String({ ...timeField, description: 'RFC 3339; in the future' })),
  expiresAt: Type.Optional(Type.String({ ...timeField, description: 'RFC 3339; what is not sent by then is not sent' })),
  data: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'Your own facts, given back untouched; 16 KiB of JSON' }))
})

/** The draft that a body asks for. Throws a Problem that names each fault. */
export function toDraft (
  body: Static<typeof newNotification>,
  { now, known, createdBy }: { now: number, known: (provider: string) => boolean, createdBy: string | undefined }
): Draft {
  const { audience, message, providers, data } = body
  const sendAt = readTime(body.sendAt)
  const expiresAt = readTime(body.expiresAt)
  refuseFaults([
    ...messageFaults(message),
    ...(providers ?? []).flatMap((id, index) => known(id) ? [] : [{ path: `providers.${index}`, message: 'is not a provider of this server' }]),
    ...timeFaults('sendAt', sendAt, now, 'now'),
    ...timeFaults('expiresAt', expiresAt, Math.max(sendAt?.getTime() ?? 0, now), sendAt === undefined ? 'now' : 'sendAt'),
    ...data !== undefined && Buffer.byteLength(JSON.stringify(data)) > maxDataBytes
      ? [{ path: 'data', message: `must be at most ${maxDataBytes} bytes of JSON` }]
      : []
  ])
  // messageFaults has seen to it that the fields go together.
  return { id: newId(), origin: 'api', audience, message: message as Draft['message'], providers, data, sendAt, expiresAt, createdBy }
}

/** What the notification is right after it was accepted, without asking the database for what we know. */
export function fresh (draft: Draft, { createdAt, unreachable, deliveries, parked }: Accepted, now: number): Notification {
  const { id, origin, audience, message, providers = null, data, sendAt = null, expiresAt = null } = draft
  const queued = deliveries - parked
  const isScheduled = sendAt !== null && sendAt.getTime() > now
  const status = deliveries === 0 ? 'completed' : isScheduled ? 'scheduled' : queued > 0 ? 'accepted' : 'sending'
  const none = Object.fromEntries(deliveryStates.map((state) => [state, 0])) as Notification['counts']
  const counts = { ...none, queued, parked }
  return { id, origin, status, audience, message, providers, data, unreachable, counts, sendAt, expiresAt, createdAt }
}

function readTime (text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text)
}

function timeFaults (path: string, time: Date | undefined, after: number, name: string): InputFault[] {
  if (time === undefined || time.getTime() > after) return []
  return [{ path, message: Number.isNaN(time.getTime()) ? 'is not a moment in time' : `must be after ${name}` }]
}
