import type { Log } from '@carillon/shared/log'
import type { LimiterOptions } from './limiter.ts'

/** A limit may fall many times in a minute. */
const logEveryMs = 10_000

/** Logs why the limit of a host has fallen, at most once in ten seconds for each host. */
export function createFallLog (log: Log): NonNullable<LimiterOptions['onFall']> {
  const loggedAt = new WeakMap<object, number>()

  return (gate, { at, reason, from, to }) => {
    if (at - (loggedAt.get(gate) ?? -Infinity) < logEveryMs) return
    loggedAt.set(gate, at)
    const { provider, host } = gate
    log.info({ provider, host, reason, from, to }, 'concurrency limit falls')
  }
}
