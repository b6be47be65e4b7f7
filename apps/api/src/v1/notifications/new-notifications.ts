import { Type } from 'typebox'
import { maxInputErrors } from '../../problems/problem.ts'
import type { InputError } from '../../problems/problem.ts'
import { exactly } from '../fields.ts'
import { notificationErrors, notificationBody } from './new-notification.ts'
import type { NotificationBody } from './new-notification.ts'

export const notificationBatchBody = exactly({
  notifications: Type.Array(notificationBody, { minItems: 1, maxItems: 1_000, description: 'Their audiences together have at most 100,000 users, including the members of teams' })
})

/** The errors of all notifications, each with its path, such as `notifications.3.message.url`. */
export function batchErrors (notifications: NotificationBody[], context: Parameters<typeof notificationErrors>[1]): InputError[] {
  const faults: InputError[] = []
  for (const [index, notification] of notifications.entries()) {
    if (faults.length >= maxInputErrors) return faults
    faults.push(...notificationErrors(notification, context).map(({ path, message }) => ({ path: `notifications.${index}.${path}`, message })))
  }
  return faults
}
