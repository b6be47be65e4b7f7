import type { Database } from '../../../db/index.ts'
import { longestWaitsMs } from '../../retry-schedule.ts'
import { logEvent } from '../fragments/log-event.ts'
import { setState } from '../fragments/set-state.ts'

/**
 * Reclaims the deliveries of crashed workers, whose lease has ended. A message may have been sent, so this counts as an
 * attempt. Where sending again may show a message twice, `on_unknown` of its notification decides. `idempotent` lists the
 * providers that show it once. Returns the number of deliveries.
 */
export async function reclaimLost ({ sql }: Database, idempotent: string[]): Promise<number> {
  const { count } = await sql`
    with lost as (
      select * from claims where until < now() for update skip locked
    ), ended as (
      delete from claims using lost where claims.id = lost.id
    ), decided as (
      select notification_id, connection_id, lost.id as claim_id,
        case
          when on_unknown = 'hold' and not deliveries.provider = any (${idempotent}::text[]) then 'unknown'
          when attempts >= ${longestWaitsMs.length}::int then 'failed'
          else 'retrying' end as next_state
      from lost
      join deliveries on notification_id = any (lost.notification_ids) and connection_id between lost.first_id and lost.last_id
        and deliveries.claim_id = lost.id
      join notifications on notifications.id = notification_id
    )
    update deliveries
    set attempts = attempts + 1, ${setState(sql, {
      by: 'reclaimLost', to: sql`next_state`, dueAt: sql`now()`, reason: sql`'workerLost'`, history: logEvent(sql, 'workerLost')
    })}
    from decided
    where deliveries.notification_id = decided.notification_id and deliveries.connection_id = decided.connection_id
      and deliveries.claim_id = decided.claim_id`
  return count
}
