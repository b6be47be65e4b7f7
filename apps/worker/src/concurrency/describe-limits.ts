import type { HostLimit } from '@carillon/shared/workers'
import type { Limiter } from './limiter.ts'

/** A worker may know tens of thousands of hosts. */
const maxHosts = 100

/** The limits of the hosts with the most requests, and of those that fell last. */
export function describeLimits ({ listGates }: Pick<Limiter, 'listGates'>): HostLimit[] {
  return [...listGates()]
    .sort((one, other) => other.inFlight - one.inFlight || (other.limit.lastFall?.at ?? 0) - (one.limit.lastFall?.at ?? 0))
    .slice(0, maxHosts)
    .map(({ provider, host, limit, inFlight, waiting }) => ({
      provider,
      host,
      limit: limit.value,
      inFlight,
      waiting: waiting.direct.size + waiting.broadcast.size,
      lastFall: limit.lastFall === undefined ? null : { ...limit.lastFall, at: new Date(limit.lastFall.at).toISOString() }
    }))
}
