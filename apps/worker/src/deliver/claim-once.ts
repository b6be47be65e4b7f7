import { isStoreUnavailable, newId } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import type { Wake } from '@carillon/shared/notifications'
import { persist } from '../persist.ts'
import { leaveToReconcile } from './batch.ts'
import type { DeliverServices } from './deliver.ts'
import { limitTime } from './limit-time.ts'
import { handedBack } from './outcome.ts'
import { settle } from './settle.ts'

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
    const wakes = await persist(() => releaseClaim(database, provider, claimId, now()), limit.signal, (error) => {
      log.warn({ err: error, claimId }, 'cannot release a claim yet')
    })
    await leaveToReconcile(services, wakes ?? [])
    return wakes !== undefined
  } finally {
    limit.release()
  }
}

/**
 * Hands back what a claim holds, and tells when that falls due. Undefined when the claim was not made. Its statement may still
 * arrive: it then finds its id taken and fails as a whole, however late that is.
 */
export async function releaseClaim (
  database: Database, provider: string, claimId: string, now: number
): Promise<Wake[] | undefined> {
  const { sql } = database
  // Waits for the claim where that is being made.
  await sql`
    insert into claims (id, provider, notification_ids, first_id, last_id, until)
    values (${claimId}, ${provider}, '{}', ${claimId}, ${claimId}, now() + interval '1 hour')
    on conflict (id) do nothing`
  const held = await sql<Array<{ notificationId: string, connectionId: string, credentialsVersion: number }>>`
    select notification_id as "notificationId", connection_id as "connectionId", 0 as "credentialsVersion"
    from claims join deliveries on notification_id = any (notification_ids) and connection_id between first_id and last_id
      and claim_id = claims.id
    where claims.id = ${claimId}`
  if (held.length === 0) return undefined
  const settlements = held.map((delivery) => ({ delivery, outcome: handedBack() }))
  return await settle(database, { claimId, settlements, isLast: true, now })
}
