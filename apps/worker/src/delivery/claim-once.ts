import { isStoreUnavailable, newId } from '@carillon/shared/db'
import { releaseClaim } from '@carillon/shared/deliveries'
import { exponentialBackoff, retry } from '@carillon/shared/retry'
import { enqueueWakeups } from './batch.ts'
import type { DeliverServices } from './deliver-services.ts'
import { limitTime } from '../limit-time.ts'

/** Share of the lease. After the lease, reconcile treats the claim as lost. */
const releaseShare = 0.9

export interface TimedClaim<Claim> {
  claim: Claim
  /** When it was requested, by `performance.now()`. */
  startedAt: number
}

/**
 * Claims with `take`. After a lost response the deliveries would wait for the end of the lease, so this releases the claim, and
 * claims once more if the claim did not exist. Rejects with the error of `take`.
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
      const existed = await release(services, provider, claimId)
      if (existed || isLast) throw error
    }
  }
}

/** A response with severity ERROR means that the statement changed nothing. */
function isResponseLost (error: unknown): boolean {
  const isResponse = error instanceof Error && 'severity' in error && error.severity === 'ERROR'
  return !isResponse && isStoreUnavailable(error)
}

/** Resolves to whether the claim existed. */
async function release (services: DeliverServices, provider: string, claimId: string): Promise<boolean> {
  const { database, leaseMs, aborting, log, now } = services
  const limit = limitTime(leaseMs * releaseShare, aborting)
  try {
    const wakes = await retry(() => releaseClaim(database, provider, claimId, now()), {
      delaysMs: exponentialBackoff(),
      signal: limit.signal,
      onError: (error) => log.warn({ err: error, claimId }, 'could not release a claim, retrying')
    })
    await enqueueWakeups(services, wakes ?? [])
    return wakes !== undefined
  } finally {
    limit.release()
  }
}
