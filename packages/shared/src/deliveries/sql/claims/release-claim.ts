import type { Database } from '../../../db/index.ts'
import type { Wake } from '../../enqueue.ts'
import { handedBack } from '../../outcome.ts'
import { settle } from './settle.ts'

/**
 * Returns the deliveries of a claim to the queue, and when they are due. Undefined when the claim was not stored. If the
 * claim's own statement arrives later, its id exists already and the statement fails as a whole.
 */
export async function releaseClaim (
  database: Database, provider: string, claimId: string, now: number
): Promise<Wake[] | undefined> {
  const { sql } = database
  // Waits for a concurrent statement that stores the claim.
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
