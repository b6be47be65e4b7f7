import { GraphError, tokenError } from '../graph/graph-error.ts'
import { CLIENT } from './client.ts'

/** Why a token is invalid, by the subcode of error 190. */
export type TokenEnd = 458 | 459 | 460 | 463 | 464 | 467 | 492 | 493

const MESSAGES: Record<Exclude<TokenEnd, 463>, string> = {
  458: `The user has not authorized application ${CLIENT.id}.`,
  459: 'You cannot access the app till you log in to www.facebook.com and follow the instructions given.',
  460: 'The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.',
  464: 'Sessions for the user are not allowed because the user is not a confirmed user.',
  467: 'The session is invalid because the user logged out.',
  492: 'The user must be an administrator, editor, or moderator of the page in order to impersonate it.',
  493: 'Data access has expired. The user must log in to the app again.'
}

export function tokenEnded (end: TokenEnd, expiredMs: number, nowMs: number): GraphError {
  const message = end === 463
    ? `Session has expired on ${formatTime(expiredMs)}. The current time is ${formatTime(nowMs)}.`
    : MESSAGES[end]
  return tokenError(`Error validating access token: ${message}`, end)
}

const PARTS = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Los_Angeles',
  weekday: 'long',
  day: '2-digit',
  month: 'short',
  year: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
  timeZoneName: 'short'
})

/** `Wednesday, 25-Nov-26 01:00:00 PST` */
function formatTime (timeMs: number): string {
  const part = new Map<string, string>(PARTS.formatToParts(timeMs).map(({ type, value }) => [type, value]))
  const of = (type: string): string => part.get(type) ?? ''
  return `${of('weekday')}, ${of('day')}-${of('month')}-${of('year')} ${of('hour')}:${of('minute')}:${of('second')} ${of('timeZoneName')}`
}
