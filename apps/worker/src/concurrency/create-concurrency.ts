import type { Log } from '@carillon/shared/log'
import type { Provider } from '@carillon/shared/providers'
import type { Paces } from '@carillon/shared/throttling'
import { hasChosenHosts } from '../delivery/provider-hosts.ts'
import { createClaimRoom } from './claim-room.ts'
import type { ClaimRoom } from './claim-room.ts'
import { intervalMs } from './host-gate.ts'
import { createLimiter } from './limiter.ts'
import type { Limiter } from './limiter.ts'
import { createFallLog } from './log-falls.ts'

export interface ConcurrencyOptions {
  providers: ReadonlyMap<string, Provider>
  log: Log
  paces: Pick<Paces, 'maxUnderWay'>
  maxInFlight: number
  /** A claimed delivery begins within this time. */
  beginWithinMs: number
  stopping: AbortSignal
}

/** About one batch waits while the deliveries before it are sent, so that a claim is ready when slots are free. */
const maxWaiting = 500
/** The hosts of the waiting deliveries may be full while others are not. */
const maxWaitingAtChosenHosts = 4_000
/** Leaves time for deliveries of other kinds and for a host that gets slower. */
const soonShare = 0.5

/** The bounds on the requests in flight, and on what is claimed for them. */
export function createConcurrency (
  { providers, log, paces, maxInFlight, beginWithinMs, stopping }: ConcurrencyOptions
): { limiter: Limiter, room: ClaimRoom } {
  const limiter = createLimiter({ maxInFlight, boundOf: paces.maxUnderWay, stopping, onFall: createFallLog(log) })
  const isChosen = new Map([...providers].map(([id, provider]) => [id, hasChosenHosts(provider)]))
  const room = createClaimRoom({
    stopping,
    maxWaiting: (id) => isChosen.get(id) === true ? maxWaitingAtChosenHosts : maxWaiting,
    countSoon: (id) => {
      // The hosts of the deliveries are known after the claim.
      if (isChosen.get(id) === true) return Infinity
      const interval = intervalMs(limiter.gateOf(id, '', false), limiter.now())
      return Math.floor(beginWithinMs * soonShare / interval)
    }
  })
  return { limiter, room }
}
