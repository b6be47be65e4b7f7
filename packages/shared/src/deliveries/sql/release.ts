import type { Database } from '../../db/index.ts'

/** Parked deliveries of these connections, whose user is back, are due now. Follow it with `dispatchWaiting`. */
export async function releaseParked ({ sql }: Database, connectionIds: string[]): Promise<number> {
  const { count } = await sql`
    update deliveries set state = 'queued', due_at = now(), parked_at = null, job_id = null, reason = null, updated_at = now(),
      history = history || jsonb_build_object('at', now(), 'event', 'released')
    where parked_at is not null and connection_id = any (${connectionIds}::uuid[])`
  return count
}

/** Deliveries that wait for a connection which is no more are skipped. One that is being sent ends as it ends. */
export async function skipWaiting ({ sql }: Database, connectionId: string): Promise<number> {
  const { count } = await sql`
    update deliveries set state = 'skipped', due_at = null, parked_at = null, job_id = null, reason = 'disconnected', updated_at = now(),
      history = history || jsonb_build_object('at', now(), 'event', 'skipped', 'reason', 'disconnected')
    where (due_at is not null or parked_at is not null) and connection_id = ${connectionId}`
  return count
}
