import { ProviderError } from '../providers/index.ts'

/** Failures of a connection in a row that end it if they last. They are stored with the connection, so a restart keeps them. */
export interface FailureStreak {
  kind: 'unauthorized' | 'gone'
  times: number
  /** How long ago the first of them occurred, at the time of the claim. */
  ms: number
}

/** The error that `error` becomes because it lasted. Otherwise `error` itself. */
export function endLasting (error: unknown, streak: FailureStreak | null): unknown {
  if (!(error instanceof ProviderError) || error.failure.kind !== 'transient' || error.failure.lasting === undefined) return error
  const { kind, reason, ...limit } = error.failure.lasting
  const earlier = streak?.kind === kind ? streak : { times: 0, ms: 0 }
  const hasLasted = 'times' in limit ? earlier.times + 1 >= limit.times : earlier.ms >= limit.ms
  return hasLasted ? new ProviderError({ kind, reason }, error.host, error.status, error.transport) : error
}
