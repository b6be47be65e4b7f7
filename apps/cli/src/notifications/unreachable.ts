import { printable } from '../printable.ts'
import { number } from './in-words.ts'
import type { Notification } from './notification.ts'

const reasons = { unknownUser: 'nobody we know', notConnected: 'has no connection that it could go to', unknownTeam: 'no team we know' }
const mostNamed = 20

/** A line for each user who is not rung, and each team that is none, up to twenty. */
export function describeUnreachable (
  { unreachable, unreachableCount }: Pick<Notification, 'unreachable' | 'unreachableCount'>
): string[] {
  const named = unreachable.slice(0, mostNamed).map((one) => `${printable('userId' in one ? one.userId : one.teamId)}: ${reasons[one.reason]}`)
  return unreachableCount > named.length ? [...named, `and ${number(unreachableCount - named.length)} more`] : named
}
