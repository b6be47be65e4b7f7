import { sql as raw } from 'drizzle-orm'
import { events } from '../db/index.ts'
import type { Database } from '../db/index.ts'

type Sql = Pick<Database, 'sql'>

/** How long the events of a user may wait for the endpoints of the site. Their attempts end sooner. */
const maxWaitDays = 4

/**
 * Keeps the site's id in the user's events of the last days, so that sites receive it although the user is deleted. The worker
 * erases it once the endpoints have the events.
 */
export async function keepUserInEvents ({ db }: Pick<Database, 'db'>, userId: string, externalId: string): Promise<void> {
  await db.update(events).set({ data: raw`${events.data} || jsonb_build_object('userId', ${externalId}::text)` }).where(raw`
    ${events.userId} = ${userId} and ${events.type} not like 'delivery.%' and ${events.id} >= uuid_since(now() - ${maxWaitDays} * interval '1 day')`)
}

/** Whether events of the user still wait for an endpoint. Events that are older than `maxWaitDays` do not count. */
export async function isUserAwaited ({ sql }: Sql, userId: string): Promise<boolean> {
  const [row] = await sql`
    select from events
    where user_id = ${userId} and data ? 'userId' and id >= uuid_since(now() - ${maxWaitDays} * interval '1 day') and (
      -- An enabled endpoint has not got it yet: its deliveries are created later.
      exists (select from endpoints where disabled_at is null and coalesce(events.position > greatest(
        after_position, (select position from event_readers where name = 'endpoints')), true))
      or exists (
        select from endpoints join endpoint_deliveries on endpoint_id = endpoints.id and event_id = events.id
        where endpoint_deliveries.state in ('pending', 'sending')
      ))
    limit 1`
  return row !== undefined
}

/** Erases the site's id from the user's own events. Returns the ids of all events of the user, and the number of changed ones. */
export async function eraseFromOwnEvents ({ sql }: Sql, userId: string): Promise<{ eventIds: string[], erased: number }> {
  const { count } = await sql`
    update events set data = data - 'userId' where user_id = ${userId} and data ? 'userId'`
  const rows = await sql<Array<{ id: string }>>`select id from events where user_id = ${userId}`
  return { eventIds: rows.map(({ id }) => id), erased: count }
}

/**
 * Erases a user from events about batches of deliveries, of up to `limit` of them between two ids. `connectionIds` have their
 * prefix.
 */
export async function searchDeliveryEvents (
  { sql }: Sql, connectionIds: string[], { after, before, limit }: { after: string | null, before: string, limit: number }
): Promise<{ eventIds: string[], last: string | null, isEnd: boolean }> {
  const rows = await sql<Array<{ id: string, isFound: boolean }>>`
    select id, exists (
      select from jsonb_array_elements(data -> 'deliveries') as entry
      where entry ->> 'connectionId' = any (${connectionIds}::text[]) and entry ?| array['userId', 'reason']
    ) as "isFound"
    from events where type like 'delivery.%' and id < ${before} ${after === null ? sql`` : sql`and id > ${after}`} order by id limit ${limit}`
  const eventIds = rows.filter(({ isFound }) => isFound).map(({ id }) => id)
  if (eventIds.length > 0) {
    await sql`
      update events set data = jsonb_set(data, '{deliveries}', (
        select jsonb_agg(case when entry ->> 'connectionId' = any (${connectionIds}::text[]) then entry - 'userId' - 'reason' else entry end
          order by place)
        from jsonb_array_elements(data -> 'deliveries') with ordinality as listed (entry, place)
      ))
      where id = any (${eventIds}::uuid[])`
  }
  return { eventIds, last: rows.at(-1)?.id ?? after, isEnd: rows.length < limit }
}
