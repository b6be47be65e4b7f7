import type { DeliveryEvent } from './states.ts'
import type { Failure } from '@carillon/http'
import { ProviderError } from '../providers/index.ts'
import type { Receipt } from '../providers/index.ts'
import { lastingOf } from './failure-streak.ts'
import type { FailureStreak } from './failure-streak.ts'
import { retryDelayMs } from './retry-schedule.ts'

/** The result of one claimed delivery. `dueAt` is in milliseconds since the epoch. Null means immediately. */
export interface Outcome {
  /** `unknown`: the message may have arrived, so `on_unknown` of its notification decides whether to send it again. */
  state: 'sent' | 'retrying' | 'parked' | 'failed' | 'unknown' | 'expired'
  /** Whether the delivery used up an attempt. */
  attempted: boolean
  reason: string | null
  receipt: Receipt | null
  dueAt: number | null
  /** The provider's rate limit for the whole connection, in milliseconds since the epoch. */
  limitedUntil: number | null
  /** What the error means for the connection. */
  refusal: Refusal | null
  /** The rule by which the error becomes final if it lasts. */
  streak: string | null
  /** The connection works again after failures. */
  endsStreak: boolean
  event: Omit<DeliveryEvent, 'at'>
}

/**
 * `needsReauth`: the credentials no longer work, or lack permissions, for all connections of the grant. `revoked`: the address of
 * this connection is gone.
 */
type Refusal = { status: 'needsReauth', missing?: string[] } | { status: 'revoked' }

const nothing = {
  attempted: true, reason: null, receipt: null, dueAt: null, limitedUntil: null, refusal: null, streak: null, endsStreak: false
}

/**
 * PostgreSQL's JSON does not accept NUL, and one invalid id must not block the results of a whole batch. The object is written
 * out because spreading `nothing` takes a hundred times as long.
 */
export function sentOutcome ({ id }: Receipt, durationMs: number, streak: FailureStreak | null = null): Outcome {
  return {
    attempted: true,
    reason: null,
    dueAt: null,
    limitedUntil: null,
    refusal: null,
    streak: null,
    endsStreak: streak !== null,
    state: 'sent',
    receipt: { id: id.replaceAll('\0', '') },
    event: { event: 'attempt', outcome: 'sent', durationMs }
  }
}

/** The delivery was not attempted. Any worker may attempt it, from `dueAt` on. */
export function handedBack (dueAt?: number): Outcome {
  const outcome: Outcome = { ...nothing, state: 'retrying', attempted: false, reason: 'handedBack', event: { event: 'handedBack' } }
  if (dueAt === undefined) return outcome
  const whole = wholeSecond(dueAt)
  return { ...outcome, dueAt: whole, event: { ...outcome.event, until: new Date(whole).toISOString() } }
}

/** The delivery was not sent, because its notification expired after the claim. */
export function expiredOutcome (): Outcome {
  return { ...nothing, state: 'expired', attempted: false, reason: 'expired', event: { event: 'expired' } }
}

/** The delivery was not sent, because the credentials no longer work. The connection already records that. */
export function parkedOutcome (reason: string, attempted: boolean): Outcome {
  return { ...nothing, state: 'parked', attempted, reason, event: { event: 'parked', reason, refresh: 'dead' } }
}

/** No attempt: the connection or its whole host may not be used before `until`. */
export function waitOutcome (
  until: number, reason: 'rateLimited' | 'breakerOpen' | 'misconfigured', facts: { status?: number, durationMs?: number } = {}
): Outcome {
  const dueAt = wholeSecond(until)
  return { ...nothing, state: 'retrying', attempted: false, reason, dueAt, event: { event: 'wait', reason, until: new Date(dueAt).toISOString(), ...facts } }
}

/**
 * No attempt: the token has expired, and the token endpoint limits refreshes until `until`. The connection cannot send before
 * that.
 */
export function refreshLimitedOutcome (until: number): Outcome {
  const outcome = waitOutcome(until, 'rateLimited')
  return { ...outcome, limitedUntil: until, event: { ...outcome.event, refresh: 'rateLimited' } }
}

/**
 * The outcome of an error, given the number of earlier attempts. Internal errors, such as a missing vault key or a bug, have
 * their own reasons and are retried like a provider's error.
 */
export function errorOutcome (error: unknown, attemptsBefore: number, now: number, durationMs: number): Outcome {
  if (!(error instanceof ProviderError)) return retryOrFail(reasonOf(error), { durationMs }, 'internal', attemptsBefore, now)
  const { failure, status } = error
  const facts = { durationMs, ...(status === undefined ? {} : { status }) }
  switch (failure.kind) {
    case 'rateLimited':
      return {
        ...waitOutcome(failure.retryAt, 'rateLimited', facts),
        limitedUntil: failure.scope === undefined || failure.scope === 'connection' ? failure.retryAt : null
      }
    case 'misconfigured':
      return withStreak(waitOutcome(now + (failure.scope === 'connection' ? ownMisconfiguredWaitMs : misconfiguredWaitMs), 'misconfigured', facts), failure)
    case 'unauthorized':
    case 'missingPermission':
      return {
        ...nothing,
        state: 'parked',
        refusal: { status: 'needsReauth', ...failure.kind === 'missingPermission' && { missing: failure.missing } },
        reason: failure.reason,
        event: { event: 'attempt', outcome: failure.kind, reason: failure.reason, ...facts }
      }
    case 'rejected':
    case 'quota':
    case 'gone':
      return {
        ...nothing,
        state: 'failed',
        refusal: failure.kind === 'gone' ? { status: 'revoked' } : null,
        reason: failure.reason,
        event: { event: 'attempt', outcome: failure.kind, reason: failure.reason, ...facts }
      }
    case 'transient': {
      if (failure.notStarted === true) return handedBack()
      const retried = retryOrFail(failure.reason, facts, failure.kind, attemptsBefore, now, failure.notBefore)
      const outcome = withStreak(retried, failure)
      return failure.mayHaveArrived === true && outcome.state === 'retrying' ? { ...outcome, state: 'unknown' } : outcome
    }
    case 'malformed':
    case 'expired':
      return retryOrFail(failure.reason, facts, failure.kind, attemptsBefore, now)
  }
}

function withStreak (outcome: Outcome, failure: Failure): Outcome {
  return { ...outcome, streak: lastingOf(failure)?.rule ?? null }
}

/** No server parks a delivery for longer. */
const maxDelayMs = 24 * 60 * 60 * 1000

function retryOrFail (
  reason: string, facts: { durationMs: number, status?: number }, outcome: string, attemptsBefore: number, now: number,
  notBefore = 0
): Outcome {
  const delayMs = retryDelayMs(attemptsBefore + 1)
  const event = { event: 'attempt' as const, outcome, reason, ...facts }
  if (delayMs === undefined) return { ...nothing, state: 'failed', reason, event: { ...event, outcome: 'gaveUp' } }
  const dueAt = wholeSecond(Math.max(now + delayMs, Math.min(notBefore, now + maxDelayMs)))
  return { ...nothing, state: 'retrying', reason, dueAt, event: { ...event, until: new Date(dueAt).toISOString() } }
}

/** About as long as the pause of the provider. The first request after it finds out whether an operator has fixed the cause. */
export const misconfiguredWaitMs = 5_000

/** A connection that the provider refuses alone is not paused, so each of its deliveries makes requests. */
const ownMisconfiguredWaitMs = 5 * 60_000

/** Returns only class and code, because the message of an unexpected error may contain secrets. */
function reasonOf (error: unknown): string {
  if (!(error instanceof Error)) return 'internal error'
  return 'code' in error && typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name
}

/** Rounds up, so that deliveries that are due in the same second share one job. */
function wholeSecond (ms: number): number {
  return Math.ceil(ms / 1000) * 1000
}
