import type { Database } from '../../db/index.ts'
import { logEvent } from './fragments/log-event.ts'
import { setState } from './fragments/set-state.ts'

/**
 * Releases parked deliveries whose connection is active, and skips waiting ones whose connection is revoked. Such rows exist
 * when a delivery was parked while its user reconnected, or queued while the user disconnected. Returns their number.
 */
export async function followConnections ({ sql }: Database): Promise<number> {
  const { count } = await sql`
    update deliveries
    set ${setState(sql, {
      by: 'followConnections',
      to: sql`case connections.status when 'active' then 'queued' else 'skipped' end`,
      dueAt: sql`now()`,
      reason: sql`case connections.status when 'active' then null else 'disconnected' end`,
      history: logEvent(sql, sql`case connections.status when 'active' then 'released' else 'skipped' end`)
    })}
    from connections
    where connections.id = connection_id and (
      (parked_at is not null and connections.status = 'active')
      or ((due_at is not null or parked_at is not null) and connections.status = 'revoked'))`
  return count
}
