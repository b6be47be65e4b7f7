import type { Database } from '../../db/index.ts'

const perRun = 10_000

/**
 * Deletes attempts, and the deliveries of events, that are older than the retention time of events, and returns their number. A
 * delivery that still waits cannot be sent without its event.
 */
export async function sweepEndpointDeliveries ({ sql }: Pick<Database, 'sql'>, retentionDays: number): Promise<number> {
  // The ids of events and of attempts sort by their time, so the primary key finds the old ones.
  const oldest = sql`uuid_since(now() - ${retentionDays} * interval '1 day')`
  const [row] = await sql<Array<{ count: number }>>`
    with old_deliveries as (
      delete from endpoint_deliveries where (endpoint_id, event_id) in (
        select endpoint_id, event_id from endpoints cross join lateral (
          select endpoint_id, event_id from endpoint_deliveries where endpoint_id = endpoints.id and event_id < ${oldest}
          order by event_id limit ${perRun} for update skip locked
        ) as old limit ${perRun}
      ) returning 1
    ), old_attempts as (
      delete from endpoint_attempts where id in (
        select attempt_id from endpoints cross join lateral (
          select id as attempt_id from endpoint_attempts where endpoint_id = endpoints.id and id < ${oldest} order by id limit ${perRun}
        ) as old limit ${perRun}
      ) returning 1
    )
    select (select count(*) from old_deliveries)::int + (select count(*) from old_attempts)::int as count`
  return row?.count ?? 0
}
