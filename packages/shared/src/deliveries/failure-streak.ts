import type { Failure, LastingFailure } from '@carillon/http'
import { ProviderError } from '../providers/index.ts'

/** Failures of a connection in a row, which become final if they last. They are stored with it, so a restart keeps them. */
export interface FailureStreak {
  /** The `rule` of the failures. Null for a streak of an earlier version, which named none. */
  rule: string | null
  times: number
  /** How long ago the first of them occurred, at the time of the claim. */
  ms: number
}

/** The error that `error` becomes because it lasted. Otherwise `error` itself. */
export function endLasting (error: unknown, streak: FailureStreak | null): unknown {
  if (!(error instanceof ProviderError)) return error
  const lasting = lastingOf(error.failure)
  if (lasting === undefined) return error
  const { rule, kind, reason, times, ms } = lasting
  const earlier = streak?.rule === rule ? streak : { times: 0, ms: 0 }
  const hasLasted = earlier.times + 1 >= times && earlier.ms >= ms
  return hasLasted ? new ProviderError({ kind, reason }, error.host, error.status, error.transport) : error
}

export function lastingOf (failure: Failure): LastingFailure | undefined {
  return failure.kind === 'transient' || failure.kind === 'misconfigured' ? failure.lasting : undefined
}
