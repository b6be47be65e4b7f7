import type { Database } from '../../db/index.ts'

const perRun = 10_000

/** Deletes deliveries and attempts that are older than the retention time of events, and returns their number. */
export async function sweepEndpointDeliveries ({ sql }: Pick<Database, 'sql'>, before: Date): Promise<number> {
  const limit = before.toISOString()
  const [row] = await sql<Array<{ count: number }>>`
    with old_deliveries as (
      delete from endpoint_deliveries where (endpoint_id, event_id) in (
        select endpoint_id, event_id from endpoints cross join lateral (
          -- The ids of events sort by their time.
          select endpoint_id, event_id, created_at from endpoint_deliveries where endpoint_id = endpoints.id order by event_id limit ${perRun}
        ) as oldest where oldest.created_at < ${limit}::timestamptz limit ${perRun}
      ) returning 1
    ), old_attempts as (
      delete from endpoint_attempts where id in (
        select attempt_id from endpoints cross join lateral (
          select id as attempt_id, at from endpoint_attempts where endpoint_id = endpoints.id order by id limit ${perRun}
        ) as oldest where oldest.at < ${limit}::timestamptz limit ${perRun}
      ) returning 1
    )
    select (select count(*) from old_deliveries)::int + (select count(*) from old_attempts)::int as count`
  return row?.count ?? 0
}
