import type { Database } from '../../db/index.ts'
import type { Wake } from '../enqueue.ts'
import { handedBack } from '../outcome.ts'
import { settle } from './settle.ts'

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
