import { printable } from '../printable.ts'
import { number } from './in-words.ts'
import type { Notification } from './notification.ts'

const reasons = { unknownUser: 'nobody we know', notConnected: 'has no connection that it could go to' }
const mostNamed = 20

/** A line for each user who is not rung, up to twenty. */
export function describeUnreachable ({ unreachable }: Pick<Notification, 'unreachable'>): string[] {
  const named = unreachable.slice(0, mostNamed).map(({ userId, reason }) => `${printable(userId)}: ${reasons[reason]}`)
  return unreachable.length > mostNamed ? [...named, `and ${number(unreachable.length - mostNamed)} more`] : named
}
