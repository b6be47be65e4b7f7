import { maxInputErrors } from '../problems/problem.ts'
import type { InputError } from '../problems/problem.ts'
import { messageErrors } from './message-errors.ts'
import type { NotificationInput } from './notification-input.ts'
import { timesOf } from './to-draft.ts'

const maxDataBytes = 16 * 1024
const dayMs = 86_400_000
/** The deliveries of a notification are deleted some time after it was created, and must have ended by then. */
const latestStartDay = 60
const latestEndDay = 80

interface InputContext {
  now: number
  /** Whether the server has a provider of this id that can send. */
  known: (provider: string) => boolean
}

/** Errors that the schema cannot express: fields that contradict each other, and unknown providers. */
export function notificationErrors (
  { message, providers = [], data, ...body }: NotificationInput, { now, known }: InputContext
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

/** The errors of all notifications, each with its path, such as `notifications.3.message.url`. */
export function batchErrors (notifications: NotificationInput[], context: InputContext): InputError[] {
  const errors: InputError[] = []
  for (const [index, notification] of notifications.entries()) {
    if (errors.length >= maxInputErrors) return errors
    errors.push(...notificationErrors(notification, context).map(({ path, message }) => ({ path: `notifications.${index}.${path}`, message })))
  }
  return errors
}

export function providerErrors (providers: string[], known: (provider: string) => boolean): InputError[] {
  return providers.flatMap((id, index) => known(id) ? [] : [{ path: `providers.${index}`, message: 'is not a provider of this server that can send' }])
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
