import { isStoreUnavailable, newId } from '@carillon/shared/db'
import { releaseClaim } from '@carillon/shared/deliveries'
import { exponentialBackoff, retry } from '@carillon/shared/retry'
import { leaveToReconcile } from './batch.ts'
import type { DeliverServices } from './deliver-services.ts'
import { limitTime } from '../limit-time.ts'

/** Of the lease: after it, reconcile counts the claim as lost. */
const releaseShare = 0.9

export interface TimedClaim<Claim> {
  claim: Claim
  /** When it was requested, by `performance.now()`. */
  startedAt: number
}

/**
 * Makes a claim with `take`. Where its response is lost, the deliveries would wait for the end of the lease: they are released,
 * and where the claim was never made, it is made once more. Rejects with what `take` rejected with.
 */
export async function claimOnce<Claim> (
  services: DeliverServices, provider: string, take: (claimId: string) => Promise<Claim>
): Promise<TimedClaim<Claim>> {
  for (let isLast = false; ; isLast = true) {
    const claimId = newId()
    const startedAt = performance.now()
    try {
      return { claim: await take(claimId), startedAt }
    } catch (error) {
      if (!isResponseLost(error)) throw error
      const wasMade = await release(services, provider, claimId)
      if (wasMade || isLast) throw error
    }
  }
}

/** An ERROR is the server's response: the statement changed nothing. */
function isResponseLost (error: unknown): boolean {
  const isResponse = error instanceof Error && 'severity' in error && error.severity === 'ERROR'
  return !isResponse && isStoreUnavailable(error)
}

/** Resolves to whether the claim had been made. */
async function release (services: DeliverServices, provider: string, claimId: string): Promise<boolean> {
  const { database, leaseMs, giveUp, log, now } = services
  const limit = limitTime(leaseMs * releaseShare, giveUp)
  try {
    const wakes = await retry(() => releaseClaim(database, provider, claimId, now()), {
      delaysMs: exponentialBackoff(),
      signal: limit.signal,
      onError: (error) => log.warn({ err: error, claimId }, 'cannot release a claim yet')
    })
    await leaveToReconcile(services, wakes ?? [])
    return wakes !== undefined
  } finally {
    limit.release()
  }
}
