import { Type } from 'typebox'
import { maxInputErrors } from '../../problems/problem.ts'
import type { InputFault } from '../../problems/problem.ts'
import { exactly } from '../fields.ts'
import { faultsOf, newNotification } from './new-notification.ts'
import type { NewNotification } from './new-notification.ts'

export const newNotifications = exactly({
  notifications: Type.Array(newNotification, { minItems: 1, maxItems: 1_000, description: 'Together they name at most 100,000 users, with the members of teams' })
})

/** The faults of all of them, each with its place, such as `notifications.3.message.url`. */
export function batchFaults (notifications: NewNotification[], context: Parameters<typeof faultsOf>[1]): InputFault[] {
  const faults: InputFault[] = []
  for (const [index, notification] of notifications.entries()) {
    if (faults.length >= maxInputErrors) return faults
    faults.push(...faultsOf(notification, context).map(({ path, message }) => ({ path: `notifications.${index}.${path}`, message })))
  }
  return faults
}
