import type { DeliveryEvent } from './states.ts'
import { ProviderError } from '../providers/index.ts'
import type { Receipt } from '../providers/index.ts'
import { retryDelayMs } from './retry-schedule.ts'

/** What became of one claimed delivery. `dueAt` is in milliseconds since the epoch; null means at once. */
export interface Outcome {
  state: 'sent' | 'retrying' | 'parked' | 'failed' | 'expired'
  /** Whether an attempt was spent. */
  attempted: boolean
  reason: string | null
  receipt: Receipt | null
  dueAt: number | null
  /** The provider asked to leave the whole connection alone until then; milliseconds since the epoch. */
  limitedUntil: number | null
  /** The connection's credentials are dead. */
  unauthorized: boolean
  event: Omit<DeliveryEvent, 'at'>
}

const nothing = { attempted: true, reason: null, receipt: null, dueAt: null, limitedUntil: null, unauthorized: false }

/**
 * PostgreSQL's JSON takes no NUL, and one provider's odd id must not keep a whole set from being settled. Spelled out,
 * unlike its rarer fellows below: spreading `nothing` takes a hundred times as long.
 */
export function sentOutcome ({ id }: Receipt, durationMs: number): Outcome {
  return {
    attempted: true,
    reason: null,
    dueAt: null,
    limitedUntil: null,
    unauthorized: false,
    state: 'sent',
    receipt: { id: id.replaceAll('\0', '') },
    event: { event: 'attempt', outcome: 'sent', durationMs }
  }
}

/** Not tried, and free to be tried by whoever comes next. */
export function handedBack (): Outcome {
  return { ...nothing, state: 'retrying', attempted: false, reason: 'handedBack', event: { event: 'handedBack' } }
}

/** Not sent, because its notification has expired since it was claimed. */
export function expiredOutcome (): Outcome {
  return { ...nothing, state: 'expired', attempted: false, reason: 'expired', event: { event: 'expired' } }
}

/** Not sent, because the credentials are dead; that has been noted where it was found. */
export function parkedOutcome (reason: string, attempted: boolean): Outcome {
  return { ...nothing, state: 'parked', attempted, reason, event: { event: 'parked', reason, refresh: 'dead' } }
}

/** No attempt, because the connection, or all of its host, is to be left alone until then. */
export function waitOutcome (
  until: number, reason: 'rateLimited' | 'breakerOpen', facts: { status?: number, durationMs?: number } = {}
): Outcome {
  const dueAt = wholeSecond(until)
  return { ...nothing, state: 'retrying', attempted: false, reason, dueAt, event: { event: 'wait', reason, until: new Date(dueAt).toISOString(), ...facts } }
}

/**
 * No attempt: the token is too old, and the token endpoint asked to wait. Until then nothing can be sent through the connection.
 */
export function refreshLimitedOutcome (until: number): Outcome {
  const outcome = waitOutcome(until, 'rateLimited')
  return { ...outcome, limitedUntil: until, event: { ...outcome.event, refresh: 'rateLimited' } }
}

/**
 * What to do about an error, given the attempts spent before this one. Our own faults (a key that is missing from the
 * vault, a bug) are told apart by their reason and are tried again like a provider's.
 */
export function errorOutcome (error: unknown, attemptsBefore: number, now: number, durationMs: number): Outcome {
  if (!(error instanceof ProviderError)) return retryOrFail(reasonOf(error), { durationMs }, 'internal', attemptsBefore, now)
  const { failure, status } = error
  const facts = { durationMs, ...(status === undefined ? {} : { status }) }
  switch (failure.kind) {
    case 'rateLimited':
      return {
        ...waitOutcome(failure.retryAt, 'rateLimited', facts),
        limitedUntil: failure.scope === 'host' ? null : failure.retryAt
      }
    case 'unauthorized':
      return {
        ...nothing,
        state: 'parked',
        unauthorized: true,
        reason: failure.reason,
        event: { event: 'attempt', outcome: 'unauthorized', reason: failure.reason, ...facts }
      }
    case 'rejected':
    case 'quota':
      return {
        ...nothing,
        state: 'failed',
        reason: failure.reason,
        event: { event: 'attempt', outcome: failure.kind, reason: failure.reason, ...facts }
      }
    case 'transient':
    case 'malformed':
    case 'expired':
      return retryOrFail(failure.reason, facts, failure.kind, attemptsBefore, now)
  }
}

function retryOrFail (
  reason: string, facts: { durationMs: number, status?: number }, outcome: string, attemptsBefore: number, now: number
): Outcome {
  const delayMs = retryDelayMs(attemptsBefore + 1)
  const event = { event: 'attempt' as const, outcome, reason, ...facts }
  if (delayMs === undefined) return { ...nothing, state: 'failed', reason, event: { ...event, outcome: 'gaveUp' } }
  const dueAt = wholeSecond(now + delayMs)
  return { ...nothing, state: 'retrying', reason, dueAt, event: { ...event, until: new Date(dueAt).toISOString() } }
}

/** Only class and code: another error's message may hold anything. */
function reasonOf (error: unknown): string {
  if (!(error instanceof Error)) return 'internal error'
  return 'code' in error && typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name
}

/** Rounded up, so that what falls due in the same second goes together in one job. */
function wholeSecond (ms: number): number {
  return Math.ceil(ms / 1000) * 1000
}
