import { printable } from '../../printable.ts'
import { number } from './format.ts'
import type { Notification } from '../api/notification.ts'

const reasons = { unknownUser: 'unknown user', notConnected: 'has no usable connection', unknownTeam: 'unknown team' }
const maxNamed = 20

/** A line for each user that the notification cannot reach, and each unknown team, up to twenty. */
export function describeUnreachable (
  { unreachable, unreachableCount }: Pick<Notification, 'unreachable' | 'unreachableCount'>
): string[] {
  const named = unreachable.slice(0, maxNamed).map((one) => `${printable('userId' in one ? one.userId : one.teamId)}: ${reasons[one.reason]}`)
  return unreachableCount > named.length ? [...named, `and ${number(unreachableCount - named.length)} more`] : named
}
