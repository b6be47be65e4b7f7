import { printable } from '../printable.ts'
import type { ForwardAttempt } from './create-forwarder.ts'

/** One line: the event, the response of the program, and what happens next. */
export function describeAttempt ({ eventId, attempt, status, error, durationMs, retryInMs }: ForwardAttempt): string {
  const response = status === null ? `no response: ${error}` : [`${status} in ${durationMs} ms`, ...error === null ? [] : [error]].join(': ')
  const next = retryInMs !== null
    ? `; trying again in ${retryInMs / 1_000} s`
    : attempt > 1 && error !== null ? `; gave up after ${attempt} attempts` : ''
  return printable(`  ${eventId}  ${response}${next}`)
}
